// The MLP's gate, as chexengine/gated_unit.py has it: x sigma(z) up, z = x (first + third x^2).
#include "kernels.h"

// both [tokens, 2 width] is gate and up side by side, out [tokens, width].
void gate(long tokens, long width, const real *both, real first, real third, real *out) {
  for (long t = 0; t < tokens; t++, both += 2 * width, out += width)
    for (long i = 0; i < width; i += LANES) {
      lanes x = load(both + i), z = x * (first + third * x * x);
      store(out + i, x * sigmoid_of(z) * load(both + width + i));
    }
}

// The activation alone: x sigma(z), for a count of whole LANES.
void activate(long count, const real *x, real first, real third, real *out) {
  for (long i = 0; i < count; i += LANES) {
    lanes value = load(x + i), z = value * (first + third * value * value);
    store(out + i, value * sigmoid_of(z));
  }
}

// d/dx x sigma(z) = sigma (1 + x (1 - sigma) z'),  z' = first + 3 third x^2
void gate_back(long tokens, long width, const real *both, real first, real third, const real *gradient, real *both_gradient) {
  for (long t = 0; t < tokens; t++, both += 2 * width, both_gradient += 2 * width, gradient += width)
    for (long i = 0; i < width; i += LANES) {
      lanes x = load(both + i), squared = x * x, given = load(gradient + i);
      lanes sigma = sigmoid_of(x * (first + third * squared));
      lanes slope = sigma * (1 + x * (1 - sigma) * (first + 3 * third * squared));
      store(both_gradient + i, given * load(both + width + i) * slope);
      store(both_gradient + width + i, given * x * sigma);
    }
}
