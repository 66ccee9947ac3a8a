// Logging is silent: it changes nothing that is measured.
#pragma once

#define ESP_LOGV(tag, ...) ((void) (tag))
#define ESP_LOGD(tag, ...) ((void) (tag))
#define ESP_LOGCONFIG(tag, ...) ((void) (tag))
#define LOG_SENSOR(prefix, type, object) ((void) (object))
#define LOG_PIN(prefix, pin) ((void) (pin))
