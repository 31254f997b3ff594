// A decoder's weights as the kernels read them; chexengine/kernel_weights.py makes them.
#ifndef MODEL_H
#define MODEL_H

#include "lanes.h"

// y = x W^T + b + s (x A^T) B^T, or with the LoRA folded into W: y = x (W + s B A)^T + b.
typedef struct {
  long inputs, outputs;  // whole LANES
  const real *panels;    // W as [outputs / LANES][inputs][LANES]
  const real *back;      // W as [inputs / LANES][outputs][LANES]: for the gradient of x
  const real *bias;      // [outputs] or null
  long rank, room;       // 0: no LoRA; the rank in whole LANES
  long folded;           // whether panels and back hold the LoRA too
  const real *down;         // A [rank, inputs]
  const real *down_turned;  // [inputs, room]
  const real *up_scaled;    // s B [outputs, room]
  const real *up_turned;    // [rank, outputs]
  real scale;
  real kept;                // dropout keeps an input of the LoRA with this probability
} Linear;

enum { QUERY, KEY, VALUE, OUT, GATE, UP, DOWN, LINEARS };

typedef struct {
  Linear linear[LINEARS];
  const real *norm_in, *norm_query, *norm_key, *norm_out, *norm_mlp_in, *norm_mlp_out;  // null where there is none
  long sliding;   // whether it sees the window alone
  long rotation;  // where in a position's row of the table its cosines begin; signed sines follow
} Layer;

typedef struct {
  const Layer *layers;
  long depth, hidden, queries, keys, size, mlp, vocabulary;
  long window;              // of sliding layers; 0: none
  real eps, scale;          // of norms, of attention's scores
  real first, third;        // of the gate
  const real *embedding;    // [vocabulary, hidden], as it enters the first layer
  const real *norm, *head;  // the last norm, and the logits' panels
  const real *rotations;    // [positions, rotation_row]
  long rotation_row;
} Model;

#endif
