// One AdamW update of one weight, in place, as chexengine/optimizer.py has it.
#include "kernels.h"

#if REAL_IS_DOUBLE
#define ROOT sqrt
#else
#define ROOT sqrtf
#endif

// g = scale dL/dw,  m += (1 - beta1) (g - m),  v = beta2 v + (1 - beta2) g^2
// w = (1 - rate decay) w - (rate / correction1) m / (sqrt(v) / correction2 + epsilon)
void adamw(long count, real *weight, const real *gradient, real *first, real *second, double scale, double rate,
           double decay, double beta1, double beta2, double epsilon, double correction1, double correction2) {
  const real factor = scale, share1 = 1 - beta1, kept2 = beta2, share2 = 1 - beta2, small = epsilon;
  const real kept = 1 - rate * decay, way = rate / correction1, root = 1 / correction2;
  for (long i = 0; i < count; i++) {
    real g = gradient[i] * factor;
    first[i] += share1 * (g - first[i]);
    second[i] = kept2 * second[i] + share2 * g * g;
    weight[i] = kept * weight[i] - way * first[i] / (ROOT(second[i]) * root + small);
  }
}
