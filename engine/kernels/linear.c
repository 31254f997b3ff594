// A linear layer with its LoRA for some tokens, and the gradients of both. Reference: chexengine/joined_lora.py.
#include "kernels.h"

// Numbers that `ready` needs room for.
long room_of_lora(long inputs, long outputs, long rank, long folds) {
  return (inputs + outputs) * round_up(rank) + rank * outputs + (folds ? 2 * inputs * outputs : 0);
}

// Gives a layer, of which all but the LoRA is set, the LoRA of A [rank, inputs] and B [outputs, rank], in `room` of its own;
// folded into copies of panels and back where it `folds`.
void ready(Linear *layer, long rank, const real *down, const real *up, real scale, real kept, long folds, real *room) {
  long inputs = layer->inputs, outputs = layer->outputs, wide = round_up(rank);
  real *down_turned = room, *up_scaled = down_turned + inputs * wide, *up_turned = up_scaled + outputs * wide;
  memset(room, 0, (inputs + outputs) * wide * sizeof(real));
  for (long r = 0; r < rank; r++)
    for (long i = 0; i < inputs; i++) down_turned[i * wide + r] = down[r * inputs + i];
  for (long o = 0; o < outputs; o++)
    for (long r = 0; r < rank; r++) up_turned[r * outputs + o] = up_scaled[o * wide + r] = scale * up[o * rank + r];
  layer->rank = rank, layer->room = wide, layer->scale = scale, layer->kept = kept, layer->folded = folds;
  layer->down = down, layer->down_turned = down_turned, layer->up_scaled = up_scaled, layer->up_turned = up_turned;
  if (!folds) return;
  real *panels = up_turned + rank * outputs, *back = panels + inputs * outputs;
  memcpy(panels, layer->panels, inputs * outputs * sizeof(real));
  memcpy(back, layer->back, inputs * outputs * sizeof(real));
  for (long o = 0; o < outputs; o += LANES)
    tiles(inputs, down, 1, inputs, rank, up_turned + o, outputs, panels + o * inputs, LANES, 1);
  for (long i = 0; i < inputs; i += LANES)
    tiles(outputs, up_scaled, wide, 1, rank, down + i, inputs, back + i * outputs, LANES, 1);
  layer->panels = panels, layer->back = back;
}

// What of x [count, inputs] the LoRA sees: x itself, or `dropped` filled by the mask.
static const real *seen_of(const Linear *layer, long count, const real *x, const unsigned char *mask, real *dropped) {
  if (!mask) return x;
  real scale = 1 / layer->kept;
  for (long i = 0; i < count * layer->inputs; i++) dropped[i] = mask[i] ? x[i] * scale : 0;
  return dropped;
}

// out [count, outputs], a token's numbers out_row apart. The mask of dropout [count, inputs] may be null.
void linear(const Linear *layer, long count, const real *x, const unsigned char *mask, real *out, long out_row,
            const LinearScratch *at) {
  long inputs = layer->inputs, outputs = layer->outputs, room = layer->room;
  for (long o = 0; o < outputs; o += LANES)
    tiles(count, x, inputs, 1, inputs, layer->panels + o * inputs, LANES, out + o, out_row, 0);
  for (long n = 0; n < count && layer->bias; n++)
    for (long o = 0; o < outputs; o += LANES) store(out + n * out_row + o, load(out + n * out_row + o) + load(layer->bias + o));
  if (!layer->rank || layer->folded) return;
  const real *seen = seen_of(layer, count, x, mask, at->dropped);
  for (long r = 0; r < room; r += LANES)
    tiles(count, seen, inputs, 1, inputs, layer->down_turned + r, room, at->inner + r, room, 0);
  for (long o = 0; o < outputs; o += LANES)
    tiles(count, at->inner, room, 1, layer->rank, layer->up_turned + o, outputs, out + o, out_row, 1);
}

// Adds to the gradient of x (set instead where `sets`; null: not wanted) and to the LoRA's sums (null: none).
void linear_back(const Linear *layer, long count, const real *x, const unsigned char *mask, const real *gradient,
                 long g_row, real *x_gradient, int sets, const LinearSums *sums, const LinearScratch *at) {
  long inputs = layer->inputs, outputs = layer->outputs, room = layer->room;
  for (long i = 0; i < inputs && x_gradient; i += LANES)
    if (sets)
      tiles(count, gradient, g_row, 1, outputs, layer->back + i * outputs, LANES, x_gradient + i, inputs, 0);
    else
      tiles(count, gradient, g_row, 1, outputs, layer->back + i * outputs, LANES, x_gradient + i, inputs, 1);
  int through_lora = x_gradient && !layer->folded;
  if (!layer->rank || !(sums->down || through_lora)) return;
  for (long r = 0; r < room; r += LANES)
    tiles(count, gradient, g_row, 1, outputs, layer->up_scaled + r, room, at->through + r, room, 0);
  for (long i = 0; i < inputs && through_lora && !mask; i += LANES)
    tiles(count, at->through, room, 1, layer->rank, layer->down + i, inputs, x_gradient + i, inputs, 1);
  if (through_lora && mask) {
    for (long i = 0; i < inputs; i += LANES)
      tiles(count, at->through, room, 1, layer->rank, layer->down + i, inputs, at->dropped + i, inputs, 0);
    real scale = 1 / layer->kept;
    for (long i = 0; i < count * inputs; i++) x_gradient[i] += mask[i] ? at->dropped[i] * scale : 0;
  }
  if (!sums->down) return;
  const real *seen = seen_of(layer, count, x, mask, at->dropped);
  for (long r = 0; r < room; r += LANES)
    tiles(count, seen, inputs, 1, inputs, layer->down_turned + r, room, at->inner + r, room, 0);
  for (long i = 0; i < inputs; i += LANES)
    tiles(layer->rank, at->through, 1, room, count, seen + i, inputs, sums->down + i, inputs, 1);
  for (long n = 0; n < count * room; n += LANES) store(at->inner + n, load(at->inner + n) * layer->scale);
  for (long r = 0; r < room; r += LANES)
    tiles(outputs, gradient, 1, g_row, count, at->inner + r, room, sums->up + r, room, 1);
}
