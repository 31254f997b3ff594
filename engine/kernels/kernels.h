// What the kernels offer: to chexengine/kernels.py, and to each other.
#ifndef KERNELS_H
#define KERNELS_H

#include "lanes.h"
#include "model.h"

void norm(long tokens, long size, const real *x, const real *residual, const real *weight, real eps, real *y, real *inverse);
void norm_back(long tokens, long size, const real *x, const real *inverse, const real *weight, const real *y_gradient,
               real *x_gradient);

void gate(long tokens, long width, const real *both, real first, real third, real *out);
void activate(long count, const real *x, real first, real third, real *out);
void gate_back(long tokens, long width, const real *both, real first, real third, const real *gradient, real *both_gradient);

void turn_heads(long tokens, long heads, long size, const real *x, long x_token, const real *weight, real eps,
                const real *cosine, const real *sine, real *y, real *inverse);
void turn_heads_back(long tokens, long heads, long size, const real *x, long x_token, const real *weight,
                     const real *inverse, const real *cosine, const real *sine, const real *y_gradient, real *x_gradient);

typedef struct {
  real *dropped, *inner, *through;  // [tokens at once, the most inputs] and, twice, [tokens at once, the most room]
} LinearScratch;

// The gradients of a LoRA's factors so far: of A [rank, inputs], of B [outputs, room]; null: none are wanted.
typedef struct {
  real *down, *up;
} LinearSums;

long room_of_lora(long inputs, long outputs, long rank, long folds);
void ready(Linear *layer, long rank, const real *down, const real *up, real scale, real kept, long folds, real *room);
void linear(const Linear *layer, long count, const real *x, const unsigned char *mask, real *out, long out_row,
            const LinearScratch *at);
void linear_back(const Linear *layer, long count, const real *x, const unsigned char *mask, const real *gradient,
                 long g_row, real *x_gradient, int sets, const LinearSums *sums, const LinearScratch *at);

int choose(real *logits, long count, double temperature, double top_p, double uniform, double *logprob);

void adamw(long count, real *weight, const real *gradient, real *first, real *second, double scale, double rate,
           double decay, double beta1, double beta2, double epsilon, double correction1, double correction2);

#endif
