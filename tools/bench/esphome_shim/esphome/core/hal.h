// The clock and the pin, both played by the bench.
#pragma once

#include <cstdint>

#define IRAM_ATTR

namespace esphome {

uint32_t micros();

namespace gpio {
enum InterruptType : uint8_t {
  INTERRUPT_RISING_EDGE = 1,
  INTERRUPT_FALLING_EDGE = 2,
  INTERRUPT_ANY_EDGE = 3,
};
}  // namespace gpio

class ISRInternalGPIOPin {
 public:
  bool digital_read();
};

class InternalGPIOPin {
 public:
  void setup() {}
  bool digital_read();
  ISRInternalGPIOPin to_isr() const { return {}; }

  template<typename T> void attach_interrupt(void (*function)(T *), T *argument, gpio::InterruptType type) const {
    this->attach(reinterpret_cast<void (*)(void *)>(function), argument, type);
  }

 private:
  void attach(void (*function)(void *), void *argument, gpio::InterruptType type) const;
};

}  // namespace esphome
