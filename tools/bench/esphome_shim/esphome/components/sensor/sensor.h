// A sensor that hands what is published to the bench.
#pragma once

#include <cmath>

namespace esphome::sensor {

class Sensor {
 public:
  virtual ~Sensor() = default;
  void publish_state(float state) { this->state = state; }
  float state{NAN};
};

}  // namespace esphome::sensor
