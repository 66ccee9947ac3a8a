// Holder for two photodiode boards over the LEDs of a meter, stuck on with double-sided tape.
//
//   openscad -o docs/holder/holder.stl docs/holder/holder.scad
//
// MEASURE YOUR METER FIRST: where its LEDs are is known from no data sheet. Set led_distance,
// and the sizes of your boards; print in black, since thin white plastic lets light through.
// All lengths in mm.

led_distance = 25;    // from the middle of the upper LED to that of the lower
sensor_hole = 5.4;    // a 5 mm photodiode with a little room; 3.4 for the 3 mm TEPT4400
tube_length = 8;      // from the meter's face to the front of the sensor
wall = 1.6;           // thick enough to be dark
board_width = 15;     // of an LM393 photodiode board
board_room = 6;       // depth for the board's edge and its solder joints
flange = 8;           // width of the rim that is taped on

$fn = 32;

width = board_width + 2 * wall;
height = led_distance + board_width + 2 * wall;

module rim() {
    translate([-width / 2 - flange, -height / 2 - flange, 0])
        cube([width + 2 * flange, height + 2 * flange, 1.2]);
}

module body() {
    translate([-width / 2, -height / 2, 0])
        cube([width, height, tube_length + board_room]);
}

module pocket() {
    translate([-board_width / 2, -height / 2 + wall, tube_length])
        cube([board_width, height - 2 * wall, board_room + 1]);
}

// A wall between the two boards: neither sensor may see the other LED.
module divider() {
    translate([-board_width / 2 - 0.1, -wall / 2, 0])
        cube([board_width + 0.2, wall, tube_length + board_room]);
}

module channels() {
    for (side = [-1, 1])
        translate([0, side * led_distance / 2, -1])
            cylinder(d = sensor_hole, h = tube_length + 2);
}

// Where the cables leave, one at each end.
module cable_slots() {
    for (side = [-1, 1])
        translate([-3, side * (height / 2 - wall / 2) - wall, tube_length + 1])
            cube([6, 2 * wall, board_room + 1]);
}

difference() {
    union() {
        difference() {
            union() { rim(); body(); }
            pocket();
        }
        divider();
    }
    channels();
    cable_slots();
}
