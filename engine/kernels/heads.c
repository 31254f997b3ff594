// Heads of queries and keys made ready for attention: a norm of each (Gemma 3; none in Qwen2.5-VL), then their rotation.
//
//     y = u w cosine + swapped(u w) sine,   u = x / rms(x)
//
// `swapped` exchanges a head's halves; the sine of the first half has its sign already (chexengine/rotations.py).
#include "kernels.h"

INLINE void rotated(const real *x, long size, const real *cosine, const real *sine, real *y) {
  long half = size / 2;
  for (long i = 0; i < half; i++) {
    real a = x[i], b = x[i + half];
    y[i] = a * cosine[i] + b * sine[i];
    y[i + half] = b * cosine[i + half] + a * sine[i + half];
  }
}

// x [tokens, heads, size] with a token's numbers x_token apart; weight [size] or null; cosine, sine [tokens, size];
// y [tokens, heads, size], which may be x; inverse [tokens, heads] is 1 / rms (or is null).
void turn_heads(long tokens, long heads, long size, const real *x, long x_token, const real *weight, real eps,
                const real *cosine, const real *sine, real *y, real *inverse) {
  for (long t = 0; t < tokens; t++)
    for (long h = 0; h < heads; h++) {
      const real *from = x + t * x_token + h * size;
      real *to = y + (t * heads + h) * size;
      if (weight) {
        lanes squares = {0};
        for (long i = 0; i < size; i += LANES) squares += load(from + i) * load(from + i);
        real scale = 1 / sqrt(sum_of(squares) / size + eps);
        for (long i = 0; i < size; i += LANES) store(to + i, load(from + i) * scale * load(weight + i));
        if (inverse) inverse[t * heads + h] = scale;
        from = to;
      }
      rotated(from, size, cosine + t * size, sine + t * size, to);
    }
}

// The gradient of x, which has its strides, from that of y: turned the other way, then through the norm.
void turn_heads_back(long tokens, long heads, long size, const real *x, long x_token, const real *weight,
                     const real *inverse, const real *cosine, const real *sine, const real *y_gradient, real *x_gradient) {
  long half = size / 2;
  for (long t = 0; t < tokens; t++)
    for (long h = 0; h < heads; h++) {
      const real *given = y_gradient + (t * heads + h) * size, *turn = cosine + t * size, *side = sine + t * size;
      real *to = x_gradient + t * x_token + h * size;
      for (long i = 0; i < half; i++) {
        real a = given[i], b = given[i + half];
        to[i] = a * turn[i] - b * side[i];
        to[i + half] = b * turn[i + half] - a * side[i + half];
      }
      if (!weight) continue;
      const real *from = x + t * x_token + h * size;
      real scale = inverse[t * heads + h];
      lanes sums = {0};
      for (long i = 0; i < size; i += LANES) sums += load(from + i) * load(weight + i) * load(to + i);
      real mean = sum_of(sums) * scale / size;
      for (long i = 0; i < size; i += LANES)
        store(to + i, (load(weight + i) * load(to + i) - load(from + i) * scale * mean) * scale);
    }
}
