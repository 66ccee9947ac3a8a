// The bench delivers interrupts between two loops only, so there is nothing to lock out.
#pragma once

namespace esphome {

class InterruptLock {
 public:
  InterruptLock() {}
  ~InterruptLock() {}
};

}  // namespace esphome
