// Play traces to ESPHome's own pulse_meter and print what it shows, ten times a second.
//
//   run TRACE START_US DURATION_US MODE FILTER_US TIMEOUT_US [EVERY_US STALL_US]...
//
// MODE is EDGE or PULSE. The interrupt runs at once whatever the processor does (it lies in
// IRAM); the loop runs every 7 ms, ESPHome's least with a sensor that asks for speed, and
// not while the processor is blocked. Lines: `tenth power_mw pulses`, where one changed.

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "esphome/components/pulse_meter/pulse_meter_sensor.h"

namespace {

constexpr int64_t LOOP_US = 7000;
constexpr int64_t TENTH_US = 100000;
// From an edge to its interrupt handler; edges closer than this share one call.
constexpr int64_t LATENCY_US = 3;

int64_t now_us = 0;
bool level = false;
void (*handler)(void *) = nullptr;
void *handler_argument = nullptr;
int trigger = 0;

struct Stall {
  int64_t next_us, every_us, for_us;
};

}  // namespace

namespace esphome {

uint32_t micros() { return static_cast<uint32_t>(now_us); }
bool InternalGPIOPin::digital_read() { return level; }
bool ISRInternalGPIOPin::digital_read() { return level; }
void InternalGPIOPin::attach(void (*function)(void *), void *argument, gpio::InterruptType type) const {
  handler = function;
  handler_argument = argument;
  trigger = type;
}

}  // namespace esphome

int main(int argc, char **argv) {
  if (argc < 7 || (argc - 7) % 2 != 0) {
    std::fprintf(stderr, "usage: run TRACE START_US DURATION_US MODE FILTER_US TIMEOUT_US [EVERY_US STALL_US]...\n");
    return 2;
  }
  std::FILE *trace = std::fopen(argv[1], "r");
  if (trace == nullptr) {
    std::perror(argv[1]);
    return 1;
  }
  const int64_t start_us = std::atoll(argv[2]);
  const int64_t end_us = start_us + std::atoll(argv[3]);
  std::vector<Stall> stalls;
  for (int i = 7; i < argc; i += 2)
    stalls.push_back({start_us + std::atoll(argv[i]), std::atoll(argv[i]), std::atoll(argv[i + 1])});

  esphome::pulse_meter::PulseMeterSensor meter;
  esphome::sensor::Sensor total;
  esphome::InternalGPIOPin pin;
  meter.set_pin(&pin);
  meter.set_filter_mode(std::strcmp(argv[4], "EDGE") == 0 ? esphome::pulse_meter::PulseMeterSensor::FILTER_EDGE
                                                           : esphome::pulse_meter::PulseMeterSensor::FILTER_PULSE);
  meter.set_filter_us(std::strtoul(argv[5], nullptr, 10));
  meter.set_timeout_us(std::strtoul(argv[6], nullptr, 10));
  meter.set_total_sensor(&total);
  now_us = start_us;
  meter.setup();

  int64_t edge_us = 0;
  int edge_level = 0;
  auto read_edge = [&]() {
    if (std::fscanf(trace, "%" SCNd64 " %d", &edge_us, &edge_level) != 2)
      edge_us = INT64_MAX;
    else
      edge_us += start_us;
  };
  read_edge();
  int64_t loop_us = start_us;
  int64_t interrupt_us = INT64_MAX;
  int64_t tenth = 0;
  int64_t last_mw = -2;
  long last_pulses = -1;
  while (true) {
    const int64_t next_us = std::min(std::min(edge_us, interrupt_us), loop_us);
    if (next_us >= end_us)
      break;
    now_us = next_us;
    if (edge_us == next_us) {
      level = edge_level != 0;
      const int kind = level ? esphome::gpio::INTERRUPT_RISING_EDGE : esphome::gpio::INTERRUPT_FALLING_EDGE;
      if ((trigger & kind) != 0 && interrupt_us == INT64_MAX)
        interrupt_us = edge_us + LATENCY_US;
      read_edge();
    } else if (interrupt_us == next_us) {
      interrupt_us = INT64_MAX;
      handler(handler_argument);
    } else {
      meter.loop();
      if (now_us - start_us >= tenth * TENTH_US) {
        tenth = (now_us - start_us) / TENTH_US;
        // Pulses a minute at 1000 imp/kWh are 60 W each.
        const int64_t power_mw = std::isnan(meter.state) ? -1 : std::llround(meter.state * 60000.0);
        const long pulses = std::lround(total.state);
        if (power_mw != last_mw || pulses != last_pulses) {
          if (power_mw < 0)
            std::printf("%" PRId64 " - %ld\n", tenth, pulses);
          else
            std::printf("%" PRId64 " %" PRId64 " %ld\n", tenth, power_mw, pulses);
          last_mw = power_mw;
          last_pulses = pulses;
        }
        tenth++;
      }
      loop_us += LOOP_US;
      for (Stall &stall : stalls) {
        if (loop_us >= stall.next_us) {
          stall.next_us = loop_us + stall.every_us;
          loop_us += stall.for_us;
        }
      }
    }
  }
  return 0;
}
