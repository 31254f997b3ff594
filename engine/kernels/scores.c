// Log-probability and entropy of given tokens, and whether each is the likeliest, as chexengine/token_scores.py has them.
//
//     logprob = z_t - log sum e^z,  z = W h / temperature;  d logprob / dz = onehot(t) - softmax(z)
#include <stdlib.h>

#include "kernels.h"

enum { TOKENS = 32 };  // at a time

// Logits become probabilities. Returns whether `token` is the likeliest (of equals the first).
static int probabilities(real *z, long count, long token, real heat, real *logprob, real *entropy) {
  real most = -INFINITY, given = z[token] / heat, total = 0, mean = 0;
  for (long v = 0; v < count; v++) {
    z[v] /= heat;
    most = z[v] > most ? z[v] : most;
  }
  int likeliest = z[token] == most;
  for (long v = 0; v < token && likeliest; v++) likeliest = z[v] < most;
  for (long v = count; v < round_up(count); v++) z[v] = -INFINITY;
  lanes sums = {0}, means = {0};
  for (long v = 0; v < count; v += LANES) {
    lanes low = load(z + v) - most, p = two_to(low * LOG2_E);
    sums += p;
    if (v + LANES <= count)
      means += p * low;
    else  // 0 times minus infinity would be no number
      for (int lane = 0; v + lane < count; lane++) mean += p[lane] * low[lane];
    store(z + v, p);
  }
  total = sum_of(sums), mean += sum_of(means);
  real inverse = 1 / total, logarithm = log(total);
  for (long v = 0; v < count; v += LANES) store(z + v, load(z + v) * inverse);
  *logprob = given - most - logarithm;
  *entropy = logarithm - mean * inverse;
  return likeliest;
}

// states [count, hidden], the head's panels of `vocabulary` tokens in whole LANES; probabilities [count, that] are left for
// backward (null: not wanted). Returns 0, or 1 where memory is short.
int score_tokens(long count, long hidden, long vocabulary, const real *states, const real *panels, const long *tokens,
                 real heat, real *logprob, real *entropy, unsigned char *likeliest, real *p) {
  long width = round_up(vocabulary);
  real *own = p ? 0 : aligned_alloc(64, TOKENS * width * sizeof(real));
  if (!p && !own) return 1;
  for (long begin = 0; begin < count; begin += TOKENS) {
    long some = min_of(TOKENS, count - begin);
    real *z = p ? p + begin * width : own;
    for (long v = 0; v < width; v += LANES)
      tiles(some, states + begin * hidden, hidden, 1, hidden, panels + v * hidden, LANES, z + v, width, 0);
    for (long n = begin; n < begin + some; n++)
      likeliest[n] = probabilities(z + (n - begin) * width, vocabulary, tokens[n], heat, logprob + n, entropy + n);
  }
  free(own);
  return 0;
}

// The gradient of the states from those of the log-probabilities; `p` is used up.
void score_tokens_back(long count, long hidden, long vocabulary, const real *back, const long *tokens, real heat,
                       const real *gradient, real *p, real *states_gradient) {
  long width = round_up(vocabulary);
  for (long begin = 0; begin < count; begin += TOKENS) {
    long some = min_of(TOKENS, count - begin);
    for (long n = begin; n < begin + some; n++) {
      real scale = gradient[n] / heat, *z = p + n * width;
      for (long v = 0; v < width; v += LANES) store(z + v, load(z + v) * -scale);
      z[tokens[n]] += scale;
    }
    for (long i = 0; i < hidden; i += LANES)
      tiles(some, p + begin * width, width, 1, width, back + i * width, LANES, states_gradient + begin * hidden + i, hidden, 0);
  }
}
