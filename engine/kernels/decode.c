// Sample's steps on a small model: a token for each of some rows, then the next, until all of them have ended.
//
// A row's numbers are its own: no sum runs over rows, and none depends on how many there are. So a completion has the
// same bits whatever stands beside it. Rows of one prompt read its keys together.
//
// Formulas are transformers' (modeling_gemma3.py, modeling_qwen2_5_vl.py). LoRA must be folded into the weights.
// chexengine/kernel_decoder_test.py holds it to transformers' modules token for token.
#include "kernels.h"

enum { NO_WINDOW = 1 << 30 };  // more tokens than there can be

typedef struct {
  const real *keys, *values;  // [depth, keys, size, room] and [depth, keys, room, size]
  long length, room;          // its tokens; slots for them, whole LANES
  long position;              // of the token behind the last
} Prompt;

typedef struct {
  const Prompt *prompt;
  real *keys, *values;  // of its own tokens, as a prompt's
  long room;
  long made;              // tokens chosen so far
  const double *uniform;  // [limit], what each is drawn by; null: the likeliest is taken
  int *tokens;            // [limit]
  double *logprobs;       // [limit]
  long ended;
} Row;

typedef struct {
  long limit;  // tokens of a completion at most
  double temperature, top_p;
  const unsigned char *stops;  // [vocabulary]: 1 for what ends a completion
} Choice;

// What a call works in: [rows, ...], and of one head of keys [rows * group, ...].
typedef struct {
  real *hidden, *entered, *qkv, *attended, *both, *active, *added, *logits;
  real *grouped, *scores, *mixed;
  long line;  // numbers of `scores` for one query
} Scratch;

// Scores, as powers of two, of the slots [begin, length) and [seam, end) become weights that add up to one; others in the same tiles, 0.
static void softmax(real *scores, long begin, long length, long seam, long end) {
  for (long k = begin / LANES * LANES; k < begin; k++) scores[k] = -INFINITY;
  for (long k = max_of(begin, length); k < seam; k++) scores[k] = -INFINITY;
  for (long k = end; k < round_up(end); k++) scores[k] = -INFINITY;
  real most = -INFINITY;
  for (long k = begin; k < end; k++) most = scores[k] > most ? scores[k] : most;
  lanes sums = {0};
  for (long k = begin / LANES * LANES; k < end; k += LANES) {
    lanes weight = two_to(load(scores + k) - most);
    store(scores + k, weight);
    sums += weight;
  }
  real inverse = 1 / sum_of(sums);
  for (long k = begin / LANES * LANES; k < end; k += LANES) store(scores + k, load(scores + k) * inverse);
}

// One head of keys of a layer, for the rows of one prompt: their new tokens' keys and values are kept, and `attended`
// filled. A query's scores stand in a line: over the prompt from 0, over the row's own tokens from `seam`.
static void attend_head(const Model *model, long index, long head, Row **rows, long begin, long end, const Scratch *at) {
  const Prompt *prompt = rows[begin]->prompt;
  long size = model->size, group = model->queries / model->keys, width = (model->queries + 2 * model->keys) * size;
  long slice = (index * model->keys + head) * size, seam = round_up(prompt->length), together = (end - begin) * group;
  long window = model->layers[index].sliding && model->window ? model->window : NO_WINDOW;
  const real *keys = prompt->keys + slice * prompt->room, *values = prompt->values + slice * prompt->room;
  for (long n = 0; n < together; n++) {
    const real *query = at->qkv + (begin + n / group) * width + (head * group + n % group) * size;
    for (long d = 0; d < size; d++) at->grouped[n * size + d] = query[d] * (model->scale * LOG2_E);
  }
  // The prompt's tiles that some row sees.
  long low = prompt->length;
  for (long r = begin; r < end; r++) low = min_of(low, max_of(0, prompt->length + rows[r]->made - window));
  low = low < prompt->length ? low / LANES * LANES : seam;
  for (long k = low; k < seam; k += LANES)
    tiles(together, at->grouped, size, 1, size, keys + k, prompt->room, at->scores + k, at->line, 0);
  for (long r = begin; r < end; r++) {
    Row *row = rows[r];
    long made = row->made, n = (r - begin) * group;
    real *own_keys = row->keys + slice * row->room, *own_values = row->values + slice * row->room;
    const real *key = at->qkv + r * width + (model->queries + head) * size, *value = key + model->keys * size;
    for (long d = 0; d < size; d++) own_keys[d * row->room + made - 1] = key[d];
    memcpy(own_values + (made - 1) * size, value, size * sizeof(real));
    long behind = max_of(0, prompt->length + made - window);  // tokens behind the window
    long own = max_of(0, behind - prompt->length), from = own / LANES * LANES;
    for (long k = from; k < made; k += LANES)
      tiles(group, at->grouped + n * size, size, 1, size, own_keys + k, row->room, at->scores + n * at->line + seam + k,
            at->line, 0);
    for (long g = n; g < n + group; g++) {
      real *line = at->scores + g * at->line;
      long first = behind < prompt->length ? behind : seam + own;
      for (long k = low; k < min_of(first, seam); k++) line[k] = 0;
      softmax(line, first, prompt->length, seam, seam + made);
    }
    for (long d = 0; d < size; d += LANES)
      tiles(group, at->scores + n * at->line + seam + from, at->line, 1, made - from, own_values + from * size + d, size,
            at->mixed + n * size + d, size, 0);
  }
  for (long d = 0; d < size && low < seam; d += LANES)
    tiles(together, at->scores + low, at->line, 1, prompt->length - low, values + low * size + d, size, at->mixed + d, size, 1);
  for (long n = 0; n < together; n++)
    memcpy(at->attended + ((begin + n / group) * model->queries + head * group + n % group) * size, at->mixed + n * size,
           size * sizeof(real));
}

// state += norm(added), or += added where there is no norm.
static void add(const Model *model, const real *weight, long rows, const real *added, real *state) {
  if (weight)
    norm(rows, model->hidden, added, state, weight, model->eps, state, 0);
  else
    for (long i = 0; i < rows * model->hidden; i++) state[i] += added[i];
}

// One layer for one token a row.
static void pass(const Model *model, long index, Row **rows, long count, const Scratch *at) {
  const Layer *layer = model->layers + index;
  long hidden = model->hidden, size = model->size, mlp = model->mlp;
  long asked = model->queries * size, width = asked + 2 * model->keys * size;
  norm(count, hidden, at->hidden, 0, layer->norm_in, model->eps, at->entered, 0);
  linear(layer->linear + QUERY, count, at->entered, 0, at->qkv, width, 0);
  linear(layer->linear + KEY, count, at->entered, 0, at->qkv + asked, width, 0);
  linear(layer->linear + VALUE, count, at->entered, 0, at->qkv + asked + model->keys * size, width, 0);
  for (long r = 0; r < count; r++) {
    real *joined = at->qkv + r * width;
    long position = rows[r]->prompt->position + rows[r]->made - 1;
    const real *cosine = model->rotations + position * model->rotation_row + layer->rotation;
    turn_heads(1, model->queries, size, joined, width, layer->norm_query, model->eps, cosine, cosine + size, joined, 0);
    turn_heads(1, model->keys, size, joined + asked, width, layer->norm_key, model->eps, cosine, cosine + size, joined + asked, 0);
  }
  for (long head = 0; head < model->keys; head++)
    for (long begin = 0, end; begin < count; begin = end) {
      for (end = begin + 1; end < count && rows[end]->prompt == rows[begin]->prompt;) end++;
      attend_head(model, index, head, rows, begin, end, at);
    }
  linear(layer->linear + OUT, count, at->attended, 0, at->added, hidden, 0);
  add(model, layer->norm_out, count, at->added, at->hidden);
  norm(count, hidden, at->hidden, 0, layer->norm_mlp_in, model->eps, at->entered, 0);
  linear(layer->linear + GATE, count, at->entered, 0, at->both, 2 * mlp, 0);
  linear(layer->linear + UP, count, at->entered, 0, at->both + mlp, 2 * mlp, 0);
  gate(count, mlp, at->both, model->first, model->third, at->active);
  linear(layer->linear + DOWN, count, at->active, 0, at->added, hidden, 0);
  add(model, layer->norm_mlp_out, count, at->added, at->hidden);
}

// logits [rows, vocabulary in whole LANES] of states [rows, hidden].
static void logits_of(const Model *model, long rows, const real *states, real *logits) {
  long hidden = model->hidden, count = round_up(model->vocabulary);
  for (long at = 0; at < count; at += LANES)
    tiles(rows, states, hidden, 1, hidden, model->head + at * hidden, LANES, logits + at, count, 0);
}

static void take(const Model *model, const Choice *choice, Row *row, real *logits) {
  double temperature = row->uniform ? choice->temperature : 0, uniform = row->uniform ? row->uniform[row->made] : 0;
  int token = choose(logits, model->vocabulary, temperature, choice->top_p, uniform, row->logprobs + row->made);
  row->tokens[row->made++] = token;
  row->ended = choice->stops[token] || row->made == choice->limit;
}

// Chooses a row's first token, from its prompt's last state, after the last norm.
void begin(const Model *model, const Choice *choice, Row *row, const real *state, real *logits) {
  logits_of(model, 1, state, logits);
  take(model, choice, row, logits);
}

// Takes rows on by at most `steps` tokens; those that end stay behind. Rows of one prompt must be neighbours;
// `rows` is left in disorder.
void decode(const Model *model, const Choice *choice, Row **rows, long count, long steps, const Scratch *at) {
  long hidden = model->hidden;
  for (; steps > 0 && count > 0; steps--) {
    for (long r = 0; r < count; r++)
      memcpy(at->hidden + r * hidden, model->embedding + rows[r]->tokens[rows[r]->made - 1] * hidden, hidden * sizeof(real));
    for (long index = 0; index < model->depth; index++) pass(model, index, rows, count, at);
    norm(count, hidden, at->hidden, 0, model->norm, model->eps, at->entered, 0);
    logits_of(model, count, at->entered, at->logits);
    long left = 0;
    for (long r = 0; r < count; r++) {
      take(model, choice, rows[r], at->logits + r * round_up(model->vocabulary));
      if (!rows[r]->ended) rows[left++] = rows[r];
    }
    count = left;
  }
}
