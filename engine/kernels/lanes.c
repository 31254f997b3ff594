#include "lanes.h"

// How many numbers stand in a register: chexengine/kernels.py asks.
long lanes_of_a_register(void) { return LANES; }
