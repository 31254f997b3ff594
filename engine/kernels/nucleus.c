// Chooses a token from logits: see chexengine/choose.py, whose rule this is.
#include "kernels.h"

// The probability of all tokens at least as likely as `least`.
static double reached(const real *p, long count, real least) {
  double sums[16] = {0};
  long i = 0;
  for (; i + 16 <= count; i += 16)
    for (int lane = 0; lane < 16; lane++) sums[lane] += p[i + lane] >= least ? (double)p[i + lane] : 0.0;
  for (; i < count; i++) sums[0] += p[i] >= least ? (double)p[i] : 0.0;
  double sum = 0;
  for (int lane = 0; lane < 16; lane++) sum += sums[lane];
  return sum;
}

// The least likely token's probability in the smallest set of likeliest ones that reaches top_p; 0 where none does.
//
// Not negative numbers are ordered as their bits are, so the bits are searched by halves.
static real least_kept(const real *p, long count, double top_p) {
#if REAL_IS_DOUBLE
  typedef long long whole;
#else
  typedef int whole;
#endif
  real most = 0;
  for (long i = 0; i < count; i++) most = p[i] > most ? p[i] : most;
  whole low = 0, high;  // low reaches, high does not
  memcpy(&high, &most, sizeof high);
  if (reached(p, count, most) >= top_p) return most;
  while (high - low > 1) {
    whole middle = low + (high - low) / 2;
    real least;
    memcpy(&least, &middle, sizeof least);
    if (reached(p, count, least) >= top_p)
      low = middle;
    else
      high = middle;
  }
  real least;
  memcpy(&least, &low, sizeof least);
  return least;
}

// The token of logits [count, with room for whole LANES], which become probabilities on the way, and its log-probability.
// Temperature 0 takes the likeliest.
int choose(real *logits, long count, double temperature, double top_p, double uniform, double *logprob) {
  long best = 0;
  for (long i = 1; i < count; i++) best = logits[i] > logits[best] ? i : best;
  real most = logits[best], heat = temperature > 0 ? temperature : 1;
  for (long i = count; i < round_up(count); i++) logits[i] = most;
  lanes sums = {0};
  for (long i = 0; i < count; i += LANES) {
    lanes p = two_to((load(logits + i) - most) * (LOG2_E / heat));
    for (int lane = LANES - 1; i + lane >= count; lane--) p[lane] = 0;
    store(logits + i, p);
    sums += p;
  }
  real total = sum_of(sums);
  if (temperature == 0) {
    *logprob = -log(total);
    return best;
  }
  for (long i = 0; i < round_up(count); i += LANES) store(logits + i, load(logits + i) / total);
  real least = top_p < 1 ? least_kept(logits, count, top_p) : 0;
  double kept = 0;
  long last = 0;
  for (long i = 0; i < count; i++)
    if (logits[i] >= least && logits[i] > 0) kept += logits[i], last = i;
  double goal = uniform * kept, sum = 0;
  long token = last;
  for (long i = 0; i < count; i++) {
    if (logits[i] < least) continue;
    sum += logits[i];
    if (sum > goal) {
      token = i;
      break;
    }
  }
  *logprob = log(logits[token]);
  return token;
}
