// Attention over the keys that a mask shows, and its gradients, for some heads of one row.
//
//     p = softmax(q k^T scale),  out = p v
//     dv = p^T dout,  ds = p (dout v^T - sum(dout out)) scale,  dq = ds k,  dk = ds^T q
//
// Scores are scaled to powers of two, so that a weight is 2^(score - most); `logsums` are logarithms to the base 2.
// Queries go by blocks, with all of a block's scores at hand; tiles of keys that none of its queries sees are left out.
// Backward computes the scores again from the logarithm of their sum, so that no weight is kept (Dao et al. 2022).
// Reference: torch's scaled_dot_product_attention, see chexengine/kernel_attention_test.py. Head sizes: whole LANES.
#include <stdlib.h>

#include "lanes.h"

enum { BLOCK = 16 };  // queries at once: a block's scores over 2,000 keys are 128 KB, and stay near

typedef struct {
  long row, head, token;  // how far to the next one, in numbers
} Strides;

typedef struct {
  long rows, queries, keys;            // rows; heads of queries and of keys
  long from_length, to_length, size;   // tokens that ask, tokens that are seen; numbers of a head
  Strides query, key, value, out;
  real scale;
  const unsigned char *mask;           // [1 or rows, from_length, to_length]: 1 where a query sees a key; null: all do
  const unsigned char *seen;           // [1 or rows, blocks, tiles]: NONE, SOME or ALL; null with the mask
  long mask_row, seen_row;             // to the next row's; 0: one for all
} Attention;

enum { NONE, SOME, ALL };

INLINE long tiles_of(long length) { return (length + LANES - 1) / LANES; }

// What each block of queries sees of each tile of keys. `seen` [blocks, tiles].
void see(const unsigned char *mask, long from_length, long to_length, unsigned char *seen) {
  long tiles = tiles_of(to_length);
  for (long begin = 0; begin < from_length; begin += BLOCK, seen += tiles) {
    long end = min_of(begin + BLOCK, from_length);
    for (long t = 0; t < tiles; t++) {
      long first = t * LANES, last = min_of(first + LANES, to_length), count = 0;
      for (long q = begin; q < end; q++)
        for (long k = first; k < last; k++) count += mask[q * to_length + k];
      // The last tile has places behind the last key: they must be masked.
      seen[t] = count == 0 ? NONE : count == (end - begin) * LANES ? ALL : SOME;
    }
  }
}

typedef struct {
  long begin, end;  // tiles, all of which some query sees
} Run;

// The runs of tiles that a block sees; returns their number.
static long runs_of(const unsigned char *seen, long tiles, Run *runs) {
  long count = 0;
  for (long t = 0; t < tiles; t++) {
    if (seen && seen[t] == NONE) continue;
    if (count && runs[count - 1].end == t)
      runs[count - 1].end++;
    else
      runs[count++] = (Run){t, t + 1};
  }
  return count;
}

// `from` [tokens, size] turned into `to` [size, room], zeros behind the last token.
static void turn(const real *from, long token, long tokens, long size, real *to, long room) {
  for (long d = 0; d < size; d++) {
    for (long t = 0; t < tokens; t++) to[d * room + t] = from[t * token + d];
    for (long t = tokens; t < room; t++) to[d * room + t] = 0;
  }
}

static void turn_back(const real *from, long room, long tokens, long size, real scale, real *to, long token) {
  for (long t = 0; t < tokens; t++)
    for (long d = 0; d < size; d++) to[t * token + d] = from[d * room + t] * scale;
}

// Scores of a block over a tile; what is not seen becomes minus infinity.
INLINE void score(const Attention *a, const unsigned char *mask, long state, long begin, long count, const real *query,
                  const real *keys, long room, long tile, real *scores) {
  long k = tile * LANES;
  tiles(count, query, a->size, 1, a->size, keys + k, room, scores + k, room, 0);
  if (state == ALL) return;
  for (long n = 0; n < count; n++)
    for (long lane = 0; lane < LANES; lane++)
      if (k + lane >= a->to_length || (mask && !mask[(begin + n) * a->to_length + k + lane]))
        scores[n * room + k + lane] = -INFINITY;
}

INLINE long state_of(const Attention *a, const unsigned char *seen, long tile) {
  if (seen) return seen[tile];
  return (tile + 1) * LANES <= a->to_length ? ALL : SOME;
}

// A row's place behind the last tile is never a power of two from the next: such rows would share their cache lines.
INLINE long room_of(long length) { return tiles_of(length) * LANES + LANES; }

static void scaled(const real *from, long token, long count, long size, real scale, real *to) {
  for (long n = 0; n < count; n++)
    for (long d = 0; d < size; d += LANES) store(to + n * size + d, load(from + n * token + d) * scale);
}

static real *room_for(long numbers) { return aligned_alloc(64, (numbers * sizeof(real) + 63) / 64 * 64); }

// out [.., queries, from_length, size] and the logarithms of the scores' sums [rows, queries, from_length], for the heads
// of keys [first, last) of all rows. Returns 0, or 1 where memory is short.
int attend(const Attention *a, const real *query, const real *key, const real *value, real *out, real *logsums, long first,
           long last) {
  long group = a->queries / a->keys, room = room_of(a->to_length), tile_count = tiles_of(a->to_length);
  real *keys = room_for(a->size * room), *scores = room_for(BLOCK * room), *block = room_for(BLOCK * a->size);
  Run *runs = malloc(tile_count * sizeof(Run));
  int failed = !keys || !scores || !block || !runs;
  for (long row = 0; row < a->rows && !failed; row++) {
    const unsigned char *mask = a->mask ? a->mask + row * a->mask_row : 0;
    for (long head = first; head < last; head++) {
      const real *values = value + row * a->value.row + head * a->value.head;
      turn(key + row * a->key.row + head * a->key.head, a->key.token, a->to_length, a->size, keys, room);
      for (long h = head * group; h < (head + 1) * group; h++)
        for (long begin = 0; begin < a->from_length; begin += BLOCK) {
          long count = min_of(BLOCK, a->from_length - begin);
          const unsigned char *seen = a->seen ? a->seen + row * a->seen_row + begin / BLOCK * tile_count : 0;
          long run_count = runs_of(seen, tile_count, runs);
          scaled(query + row * a->query.row + h * a->query.head + begin * a->query.token, a->query.token, count, a->size,
                 a->scale * LOG2_E, block);
          for (long r = 0; r < run_count; r++)
            for (long t = runs[r].begin; t < runs[r].end; t++)
              score(a, mask, state_of(a, seen, t), begin, count, block, keys, room, t, scores);
          real inverse[BLOCK];
          for (long n = 0; n < count; n++) {
            real *line = scores + n * room;
            lanes high = all(-INFINITY), sums = {0};
            typedef typeof(high > high) truth;
            for (long r = 0; r < run_count; r++)
              for (long k = runs[r].begin * LANES; k < runs[r].end * LANES; k += LANES) {
                lanes s = load(line + k);
                truth more = s > high;
                high = (lanes)((more & (truth)s) | (~more & (truth)high));
              }
            real most = high[0];
            for (int lane = 1; lane < LANES; lane++) most = high[lane] > most ? high[lane] : most;
            if (most == -INFINITY) most = 0;  // a query that sees nothing: all its weights are 0
            for (long r = 0; r < run_count; r++)
              for (long k = runs[r].begin * LANES; k < runs[r].end * LANES; k += LANES) {
                lanes p = two_to(load(line + k) - most);
                store(line + k, p);
                sums += p;
              }
            real total = sum_of(sums);
            inverse[n] = total > 0 ? 1 / total : 0;
            logsums[(row * a->queries + h) * a->from_length + begin + n] = total > 0 ? most + log2(total) : INFINITY;
          }
          real *to = out + row * a->out.row + h * a->out.head + begin * a->out.token;
          for (long d = 0; d < a->size; d += LANES)
            for (long r = 0; r < run_count; r++) {
              long k = runs[r].begin * LANES, length = min_of(runs[r].end * LANES, a->to_length) - k;
              tiles(count, scores + k, room, 1, length, values + k * a->value.token + d, a->value.token, to + d,
                    a->out.token, r > 0);
            }
          for (long n = 0; n < count; n++)
            for (long d = 0; d < a->size; d += LANES)
              store(to + n * a->out.token + d, run_count ? load(to + n * a->out.token + d) * inverse[n] : (lanes){0});
        }
    }
  }
  free(keys), free(scores), free(block), free(runs);
  return failed;
}

// The gradients of query, key and value, which have their strides, from that of out, which has out's.
int attend_back(const Attention *a, const real *query, const real *key, const real *value, const real *out,
                const real *logsums, const real *gradient, real *query_gradient, real *key_gradient, real *value_gradient,
                long first, long last) {
  long group = a->queries / a->keys, room = room_of(a->to_length), tile_count = tiles_of(a->to_length), size = a->size;
  real *turned = room_for(4 * size * room), *scores = room_for(2 * BLOCK * room), *block = room_for(3 * BLOCK * size);
  Run *runs = malloc(tile_count * sizeof(Run));
  int failed = !turned || !scores || !block || !runs;
  real *keys = turned, *values = keys + size * room, *key_sums = values + size * room, *value_sums = key_sums + size * room;
  real *weights = scores, *slopes = scores + BLOCK * room;
  real *asked = block, *given = block + BLOCK * size, *moved = given + BLOCK * size;
  for (long row = 0; row < a->rows && !failed; row++) {
    const unsigned char *mask = a->mask ? a->mask + row * a->mask_row : 0;
    for (long head = first; head < last; head++) {
      long key_at = row * a->key.row + head * a->key.head, value_at = row * a->value.row + head * a->value.head;
      turn(key + key_at, a->key.token, a->to_length, size, keys, room);
      turn(value + value_at, a->value.token, a->to_length, size, values, room);
      memset(key_sums, 0, 2 * size * room * sizeof(real));
      for (long h = head * group; h < (head + 1) * group; h++)
        for (long begin = 0; begin < a->from_length; begin += BLOCK) {
          long count = min_of(BLOCK, a->from_length - begin);
          const unsigned char *seen = a->seen ? a->seen + row * a->seen_row + begin / BLOCK * tile_count : 0;
          long run_count = runs_of(seen, tile_count, runs);
          long query_at = row * a->query.row + h * a->query.head + begin * a->query.token;
          long out_at = row * a->out.row + h * a->out.head + begin * a->out.token;
          scaled(query + query_at, a->query.token, count, size, a->scale * LOG2_E, asked);
          scaled(gradient + out_at, a->out.token, count, size, 1, given);
          real common[BLOCK];
          for (long n = 0; n < count; n++) {
            lanes sums = {0};
            for (long d = 0; d < size; d += LANES) sums += load(given + n * size + d) * load(out + out_at + n * a->out.token + d);
            common[n] = sum_of(sums);
          }
          const real *logsum = logsums + (row * a->queries + h) * a->from_length + begin;
          for (long r = 0; r < run_count; r++) {
            for (long t = runs[r].begin; t < runs[r].end; t++) {
              long k = t * LANES;
              score(a, mask, state_of(a, seen, t), begin, count, asked, keys, room, t, weights);
              tiles(count, given, size, 1, size, values + k, room, slopes + k, room, 0);
              for (long n = 0; n < count; n++) {
                lanes p = two_to(load(weights + n * room + k) - logsum[n]);
                store(weights + n * room + k, p);
                store(slopes + n * room + k, p * (load(slopes + n * room + k) - common[n]));
              }
              tiles(size, asked, 1, size, count, slopes + k, room, key_sums + k, room, 1);
              tiles(size, given, 1, size, count, weights + k, room, value_sums + k, room, 1);
            }
            long k = runs[r].begin * LANES, length = min_of(runs[r].end * LANES, a->to_length) - k;
            for (long d = 0; d < size; d += LANES)
              tiles(count, slopes + k, room, 1, length, key + key_at + k * a->key.token + d, a->key.token, moved + d, size, r > 0);
          }
          for (long n = 0; n < count; n++)
            for (long d = 0; d < size; d += LANES)
              store(query_gradient + query_at + n * a->query.token + d,
                    run_count ? load(moved + n * size + d) * a->scale : (lanes){0});
        }
      turn_back(key_sums, room, a->to_length, size, LN_2, key_gradient + key_at, a->key.token);
      turn_back(value_sums, room, a->to_length, size, 1, value_gradient + value_at, a->value.token);
    }
  }
  free(turned), free(scores), free(block), free(runs);
  return failed;
}
