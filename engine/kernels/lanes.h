// A register's worth of numbers, and the one product that all kernels are made of.
//
// Compiled twice, with REAL float and double: the second is what the tests hold to six digits. GCC's and clang's vector
// extensions alone; no instruction set is named, the compiler splits a register where the processor has smaller ones.
#ifndef LANES_H
#define LANES_H

#include <math.h>
#include <string.h>

// Twice as wide as a smaller processor's registers would be too many for `tile`'s eight sums.
#ifdef __AVX512F__
#define BYTES 64
#else
#define BYTES 32
#endif

typedef REAL real;
enum { LANES = BYTES / sizeof(real) };
typedef real lanes __attribute__((vector_size(BYTES)));
typedef real lanes_in_memory __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE lanes load(const real *from) { return *(const lanes_in_memory *)from; }
INLINE void store(real *to, lanes values) { *(lanes_in_memory *)to = values; }
INLINE lanes all(real value) { return (lanes){0} + value; }
INLINE long min_of(long a, long b) { return a < b ? a : b; }
INLINE long max_of(long a, long b) { return a > b ? a : b; }
INLINE long round_up(long count) { return (count + LANES - 1) / LANES * LANES; }

INLINE real sum_of(lanes values) {
  real sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum += values[lane];
  return sum;
}

// out[n][lane] = (out[n][lane] if `adds` +) sum over i < count of left[n * left_row + i * left_step] right[i * right_row + lane]
//
// N is known to the compiler, which keeps the N sums in registers. A row's sums do not depend on N.
INLINE void tile(const int N, const real *left, long left_row, long left_step, long count, const real *right,
                 long right_row, real *out, long out_row, const int adds) {
  lanes sums[8];
#pragma GCC unroll 8
  for (int n = 0; n < N; n++) sums[n] = adds ? load(out + n * out_row) : (lanes){0};
  for (long i = 0; i < count; i++) {
    lanes shared = load(right + i * right_row);
#pragma GCC unroll 8
    for (int n = 0; n < N; n++) sums[n] += left[n * left_row + i * left_step] * shared;
  }
#pragma GCC unroll 8
  for (int n = 0; n < N; n++) store(out + n * out_row, sums[n]);
}

// The same for any number of rows of `left` and `out`.
INLINE void tiles(long rows, const real *left, long left_row, long left_step, long count, const real *right,
                  long right_row, real *out, long out_row, const int adds) {
  long n = 0;
  for (; n + 8 <= rows; n += 8)
    tile(8, left + n * left_row, left_row, left_step, count, right, right_row, out + n * out_row, out_row, adds);
  if (rows - n >= 4) {
    tile(4, left + n * left_row, left_row, left_step, count, right, right_row, out + n * out_row, out_row, adds);
    n += 4;
  }
  if (rows - n >= 2) {
    tile(2, left + n * left_row, left_row, left_step, count, right, right_row, out + n * out_row, out_row, adds);
    n += 2;
  }
  if (rows - n >= 1)
    tile(1, left + n * left_row, left_row, left_step, count, right, right_row, out + n * out_row, out_row, adds);
}

// 2^x for x up to 127; 0 from -127 down, minus infinity among it; NaN stays NaN. Off by 1e-7 of itself.
INLINE lanes two_to(lanes x) {
#if REAL_IS_DOUBLE
  for (int lane = 0; lane < LANES; lane++) x[lane] = exp2(x[lane]);
  return x;
#else
  // 2^n 2^r, r in [-1/2, 1/2]: n is rounded by adding a number whose last digit is a one. The polynomial is Cephes'.
  typedef int whole __attribute__((vector_size(BYTES)));
  const real rounder = 12582912.0f;
  whole too_low = x < all(-127.0f);
  x = (lanes)((too_low & (whole)all(-127.0f)) | (~too_low & (whole)x));
  lanes shifted = x + rounder, r = x - (shifted - rounder);
  lanes p = all(1.535336188319500e-4f);
  p = p * r + 1.339887440266574e-3f;
  p = p * r + 9.618437357674640e-3f;
  p = p * r + 5.550332471162809e-2f;
  p = p * r + 2.402264791363012e-1f;
  p = p * r + 6.931472028550421e-1f;
  p = p * r + 1.0f;
  return (lanes)((whole)p + ((whole)shifted << 23));
#endif
}

#define LOG2_E ((real)1.4426950408889634074)
#define LN_2 ((real)0.69314718055994530942)

// 1 / (1 + e^-z)
INLINE lanes sigmoid_of(lanes z) {
  typedef typeof(z < z) truth;
  lanes power = z * -LOG2_E, most = all(127);
  truth too_high = power > most;
  return 1 / (1 + two_to((lanes)((too_high & (truth)most) | (~too_high & (truth)power))));
}

#endif
