// RMS norm with a frozen weight and the sum that follows it, as chexengine/unit_norm.py has them.
#include "kernels.h"

// y = residual + w u,  u = x / rms(x),  rms(x)^2 = mean(x^2) + eps; x, y [tokens, size], inverse [tokens] is 1 / rms (or is null).
void norm(long tokens, long size, const real *x, const real *residual, const real *weight, real eps, real *y, real *inverse) {
  for (long t = 0; t < tokens; t++) {
    lanes squares = {0};
    for (long i = 0; i < size; i += LANES) squares += load(x + t * size + i) * load(x + t * size + i);
    real scale = 1 / sqrt(sum_of(squares) / size + eps);
    for (long i = 0; i < size; i += LANES) {
      lanes out = load(x + t * size + i) * scale * load(weight + i);
      store(y + t * size + i, residual ? load(residual + t * size + i) + out : out);
    }
    if (inverse) inverse[t] = scale;
  }
}

// dx = (w dy - u mean(u w dy)) / rms(x)
void norm_back(long tokens, long size, const real *x, const real *inverse, const real *weight, const real *y_gradient,
               real *x_gradient) {
  for (long t = 0; t < tokens; t++) {
    lanes sums = {0};
    for (long i = 0; i < size; i += LANES)
      sums += load(x + t * size + i) * load(weight + i) * load(y_gradient + t * size + i);
    real scale = inverse[t], mean = sum_of(sums) * scale / size;
    for (long i = 0; i < size; i += LANES) {
      lanes unit = load(x + t * size + i) * scale;
      store(x_gradient + t * size + i, (load(weight + i) * load(y_gradient + t * size + i) - unit * mean) * scale);
    }
  }
}
