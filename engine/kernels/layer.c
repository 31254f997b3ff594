// A decoder layer for training: forward, and backward to its input and its LoRAs' factors.
//
// What goes by tokens is done for a block of tokens from one end of the layer to the other, so that nothing but what
// backward needs leaves the processor's caches; attention alone sees all tokens. Each function takes a range of tokens
// (or of heads), so that threads may share one. Of the last layer only the tokens that are wanted ask.
//
// Formulas are transformers' (modeling_gemma3.py, modeling_qwen2_5_vl.py); chexengine/kernel_stack_test.py holds states,
// dropout and gradients to its modules.
#include <stdlib.h>

#include "kernels.h"

enum { BLOCK = 64 };  // tokens at a time: of a model 128 wide, with an MLP of 512, they work in 0.5 MB

// The tokens of some rows, as one kind of layer sees them.
typedef struct {
  long asking;                // tokens that ask
  const long *places;         // [asking], which of all tokens they are; null: all, in order
  const real *cosine, *sine;  // [tokens, size]
} Tokens;

// What forward leaves for backward, by token: [asking, ...], keys and values [all tokens, ...].
typedef struct {
  real *query, *turned_query, *key_value, *turned_key;  // before and after the norms of heads and the rotation
  real *attended, *added;                               // attention's result; what it adds, before its norm
  real *both, *added_mlp;                               // gate and up side by side; what the MLP adds, before its norm
} Saved;

typedef struct {
  const unsigned char *of[LINEARS];  // masks of dropout [tokens that enter, inputs] or null
} Masks;

// What a call works in, for one block of tokens.
typedef struct {
  real *numbers;
  LinearScratch linear;
  real *x, *entered, *middle, *wide, *narrow, *gradient, *inverse, *cosine, *sine;
} Scratch;

static int prepare(const Model *model, Scratch *at) {
  long heads = model->queries * model->size, widest = max_of(max_of(model->hidden, model->mlp), heads), room = 0;
  for (long d = 0; d < model->depth; d++)
    for (int l = 0; l < LINEARS; l++) room = max_of(room, model->layers[d].linear[l].room);
  real **parts[] = {&at->linear.dropped, &at->linear.inner, &at->linear.through, &at->x, &at->entered, &at->middle,
                    &at->wide, &at->narrow, &at->gradient, &at->inverse, &at->cosine, &at->sine};
  long sizes[] = {widest, room, room, model->hidden, model->hidden, model->hidden,
                  2 * model->mlp, widest, widest, model->queries, model->size, model->size};
  enum { PARTS = sizeof sizes / sizeof *sizes };
  long sum = 0;
  for (int p = 0; p < PARTS; p++) sum += BLOCK * round_up(sizes[p]);
  at->numbers = aligned_alloc(64, sum * sizeof(real));
  real *next = at->numbers;
  for (int p = 0; p < PARTS && next; p++) *parts[p] = next, next += BLOCK * round_up(sizes[p]);
  return at->numbers == 0;
}

INLINE const unsigned char *mask_of(const Layer *layer, const Masks *masks, int linear, long token) {
  return masks->of[linear] ? masks->of[linear] + token * layer->linear[linear].inputs : 0;
}

// The rows of `from` [tokens, size] of some asking tokens; in order, they need no copy.
static const real *rows_of(const Tokens *tokens, long begin, long count, const real *from, long size, real *to) {
  if (!tokens->places) return from + begin * size;
  for (long n = 0; n < count; n++) memcpy(to + n * size, from + tokens->places[begin + n] * size, size * sizeof(real));
  return to;
}

// sum = x + norm(added), or x + added where there is no norm.
static void add(const Model *model, const real *weight, long count, const real *x, const real *added, real *sum, real *inverse) {
  if (weight)
    norm(count, model->hidden, added, x, weight, model->eps, sum, inverse);
  else
    for (long i = 0; i < count * model->hidden; i += LANES) store(sum + i, load(x + i) + load(added + i));
}

// Keys and values of the tokens [begin, end).
int enter_keys(const Model *model, long index, const Tokens *tokens, const Masks *masks, const real *hidden,
               const Saved *saved, long begin, long end) {
  const Layer *layer = model->layers + index;
  long size = model->size, width = model->keys * size;
  Scratch at;
  if (prepare(model, &at)) return 1;
  for (long count; begin < end; begin += count) {
    count = min_of(BLOCK, end - begin);
    real *keys = saved->key_value + begin * 2 * width;
    norm(count, model->hidden, hidden + begin * model->hidden, 0, layer->norm_in, model->eps, at.entered, 0);
    linear(layer->linear + KEY, count, at.entered, mask_of(layer, masks, KEY, begin), keys, 2 * width, &at.linear);
    linear(layer->linear + VALUE, count, at.entered, mask_of(layer, masks, VALUE, begin), keys + width, 2 * width, &at.linear);
    turn_heads(count, model->keys, size, keys, 2 * width, layer->norm_key, model->eps, tokens->cosine + begin * size,
               tokens->sine + begin * size, saved->turned_key + begin * width, 0);
  }
  free(at.numbers);
  return 0;
}

// Queries of the asking tokens [begin, end).
int enter_queries(const Model *model, long index, const Tokens *tokens, const Masks *masks, const real *hidden,
                  const Saved *saved, long begin, long end) {
  const Layer *layer = model->layers + index;
  long size = model->size, width = model->queries * size;
  Scratch at;
  if (prepare(model, &at)) return 1;
  for (long count; begin < end; begin += count) {
    count = min_of(BLOCK, end - begin);
    const real *x = rows_of(tokens, begin, count, hidden, model->hidden, at.x);
    norm(count, model->hidden, x, 0, layer->norm_in, model->eps, at.entered, 0);
    real *query = saved->query + begin * width;
    linear(layer->linear + QUERY, count, at.entered, mask_of(layer, masks, QUERY, begin), query, width, &at.linear);
    turn_heads(count, model->queries, size, query, width, layer->norm_query, model->eps,
               rows_of(tokens, begin, count, tokens->cosine, size, at.cosine),
               rows_of(tokens, begin, count, tokens->sine, size, at.sine), saved->turned_query + begin * width, 0);
  }
  free(at.numbers);
  return 0;
}

// What follows the attention, for the asking tokens [begin, end): out [asking, hidden].
int leave(const Model *model, long index, const Tokens *tokens, const Masks *masks, const real *hidden, const Saved *saved,
          real *out, long begin, long end) {
  const Layer *layer = model->layers + index;
  long width = model->hidden, heads = model->queries * model->size, mlp = model->mlp;
  Scratch at;
  if (prepare(model, &at)) return 1;
  for (long count; begin < end; begin += count) {
    count = min_of(BLOCK, end - begin);
    const real *x = rows_of(tokens, begin, count, hidden, width, at.x);
    real *added = saved->added + begin * width, *both = saved->both + begin * 2 * mlp;
    real *added_mlp = saved->added_mlp + begin * width;
    linear(layer->linear + OUT, count, saved->attended + begin * heads, mask_of(layer, masks, OUT, begin), added, width, &at.linear);
    add(model, layer->norm_out, count, x, added, at.middle, 0);
    norm(count, width, at.middle, 0, layer->norm_mlp_in, model->eps, at.entered, 0);
    linear(layer->linear + GATE, count, at.entered, mask_of(layer, masks, GATE, begin), both, 2 * mlp, &at.linear);
    linear(layer->linear + UP, count, at.entered, mask_of(layer, masks, UP, begin), both + mlp, 2 * mlp, &at.linear);
    gate(count, mlp, both, model->first, model->third, at.narrow);
    linear(layer->linear + DOWN, count, at.narrow, mask_of(layer, masks, DOWN, begin), added_mlp, width, &at.linear);
    add(model, layer->norm_mlp_out, count, at.middle, added_mlp, out + begin * width, 0);
  }
  free(at.numbers);
  return 0;
}

// Backward of `leave`, from out's gradient: that of attention's result, and that of x so far (both set). `sums` [LINEARS].
int leave_back(const Model *model, long index, const Tokens *tokens, const Masks *masks, const real *hidden,
               const Saved *saved, const LinearSums *sums, const real *out_gradient, real *attended_gradient,
               real *x_gradient, long begin, long end) {
  const Layer *layer = model->layers + index;
  long width = model->hidden, heads = model->queries * model->size, mlp = model->mlp;
  Scratch at;
  if (prepare(model, &at)) return 1;
  for (long count; begin < end; begin += count) {
    count = min_of(BLOCK, end - begin);
    const real *x = rows_of(tokens, begin, count, hidden, width, at.x), *given = out_gradient + begin * width;
    const real *added = saved->added + begin * width, *added_mlp = saved->added_mlp + begin * width;
    const real *both = saved->both + begin * 2 * mlp;
    real *middle_gradient = x_gradient + begin * width;
    const real *down_given = given;
    if (layer->norm_mlp_out) {
      norm(count, width, added_mlp, 0, layer->norm_mlp_out, model->eps, at.middle, at.inverse);
      norm_back(count, width, added_mlp, at.inverse, layer->norm_mlp_out, given, at.middle);
      down_given = at.middle;
    }
    gate(count, mlp, both, model->first, model->third, at.narrow);
    linear_back(layer->linear + DOWN, count, at.narrow, mask_of(layer, masks, DOWN, begin), down_given, width, at.gradient, 1,
                sums + DOWN, &at.linear);
    gate_back(count, mlp, both, model->first, model->third, at.gradient, at.wide);
    add(model, layer->norm_out, count, x, added, at.middle, 0);
    norm(count, width, at.middle, 0, layer->norm_mlp_in, model->eps, at.entered, at.inverse);
    linear_back(layer->linear + GATE, count, at.entered, mask_of(layer, masks, GATE, begin), at.wide, 2 * mlp, at.gradient, 1,
                sums + GATE, &at.linear);
    linear_back(layer->linear + UP, count, at.entered, mask_of(layer, masks, UP, begin), at.wide + mlp, 2 * mlp, at.gradient, 0,
                sums + UP, &at.linear);
    norm_back(count, width, at.middle, at.inverse, layer->norm_mlp_in, at.gradient, middle_gradient);
    for (long i = 0; i < count * width; i += LANES) store(middle_gradient + i, load(middle_gradient + i) + load(given + i));
    const real *out_given = middle_gradient;
    if (layer->norm_out) {
      norm(count, width, added, 0, layer->norm_out, model->eps, at.middle, at.inverse);
      norm_back(count, width, added, at.inverse, layer->norm_out, middle_gradient, at.middle);
      out_given = at.middle;
    }
    linear_back(layer->linear + OUT, count, saved->attended + begin * heads, mask_of(layer, masks, OUT, begin), out_given, width,
                attended_gradient + begin * heads, 1, sums + OUT, &at.linear);
  }
  free(at.numbers);
  return 0;
}

// Backward of `enter_keys`: sets the gradient of hidden (null: not wanted). That of the keys comes turned, that of the
// values stands in key_value_gradient [tokens, keys, then values].
int enter_keys_back(const Model *model, long index, const Tokens *tokens, const Masks *masks, const real *hidden,
                    const Saved *saved, const LinearSums *sums, const real *turned_gradient, real *key_value_gradient,
                    real *hidden_gradient, long begin, long end) {
  const Layer *layer = model->layers + index;
  long size = model->size, width = model->keys * size;
  Scratch at;
  if (prepare(model, &at)) return 1;
  for (long count; begin < end; begin += count) {
    count = min_of(BLOCK, end - begin);
    const real *x = hidden + begin * model->hidden, *keys = saved->key_value + begin * 2 * width;
    real *given = key_value_gradient + begin * 2 * width, *to = hidden_gradient ? at.gradient : 0;
    turn_heads(count, model->keys, size, keys, 2 * width, layer->norm_key, model->eps, tokens->cosine + begin * size,
               tokens->sine + begin * size, at.narrow, at.inverse);
    turn_heads_back(count, model->keys, size, keys, 2 * width, layer->norm_key, at.inverse, tokens->cosine + begin * size,
                    tokens->sine + begin * size, turned_gradient + begin * width, given);
    norm(count, model->hidden, x, 0, layer->norm_in, model->eps, at.entered, at.inverse);
    linear_back(layer->linear + KEY, count, at.entered, mask_of(layer, masks, KEY, begin), given, 2 * width, to, 1, sums + KEY,
                &at.linear);
    linear_back(layer->linear + VALUE, count, at.entered, mask_of(layer, masks, VALUE, begin), given + width, 2 * width, to, 0,
                sums + VALUE, &at.linear);
    if (to) norm_back(count, model->hidden, x, at.inverse, layer->norm_in, to, hidden_gradient + begin * model->hidden);
  }
  free(at.numbers);
  return 0;
}

// Backward of `enter_queries`: adds to the gradient of hidden (null: not wanted), also what `leave_back` left of it.
int enter_queries_back(const Model *model, long index, const Tokens *tokens, const Masks *masks, const real *hidden,
                       const Saved *saved, const LinearSums *sums, const real *turned_gradient, const real *x_gradient,
                       real *hidden_gradient, long begin, long end) {
  const Layer *layer = model->layers + index;
  long size = model->size, width = model->queries * size;
  Scratch at;
  if (prepare(model, &at)) return 1;
  for (long count; begin < end; begin += count) {
    count = min_of(BLOCK, end - begin);
    const real *x = rows_of(tokens, begin, count, hidden, model->hidden, at.x), *query = saved->query + begin * width;
    const real *cosine = rows_of(tokens, begin, count, tokens->cosine, size, at.cosine);
    const real *sine = rows_of(tokens, begin, count, tokens->sine, size, at.sine);
    real *to = hidden_gradient ? at.gradient : 0;
    turn_heads(count, model->queries, size, query, width, layer->norm_query, model->eps, cosine, sine, at.narrow, at.inverse);
    turn_heads_back(count, model->queries, size, query, width, layer->norm_query, at.inverse, cosine, sine,
                    turned_gradient + begin * width, at.narrow);
    norm(count, model->hidden, x, 0, layer->norm_in, model->eps, at.entered, at.inverse);
    linear_back(layer->linear + QUERY, count, at.entered, mask_of(layer, masks, QUERY, begin), at.narrow, width, to, 1,
                sums + QUERY, &at.linear);
    if (!to) continue;
    norm_back(count, model->hidden, x, at.inverse, layer->norm_in, to, at.middle);
    for (long n = 0; n < count; n++) {
      long token = tokens->places ? tokens->places[begin + n] : begin + n;
      real *sum = hidden_gradient + token * model->hidden;
      const real *parts[] = {at.middle + n * model->hidden, x_gradient + (begin + n) * model->hidden};
      for (long i = 0; i < model->hidden; i += LANES) store(sum + i, load(sum + i) + load(parts[0] + i) + load(parts[1] + i));
    }
  }
  free(at.numbers);
  return 0;
}
