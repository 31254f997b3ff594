/** What to encode. */
export interface LosslessSpec {
  readonly width: number;
  readonly height: number;
  /** Bits a sample, 2 to 16. */
  readonly precision: number;
  /** 1 to 7 (ITU-T T.81, table H.1). */
  readonly predictor: number;
  readonly samples: readonly number[];
}

/**
 * Lossless JPEG of one component by the letter of ITU-T T.81, annex H: the other side of what the decoder is tested
 * on. Every difference category has a code of five bits, so the Huffman table is trivial.
 */
export function writeJpegLossless(spec: LosslessSpec): Buffer {
  const { width, height, precision, predictor } = spec;
  const segment = (marker: number, ...body: number[]) => [0xff, marker, 0, body.length + 2, ...body];
  const frame = [precision, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0];
  const lengths = Array.from({ length: 16 }, (_, at) => (at === 4 ? CATEGORIES : 0));
  const categories = Array.from({ length: CATEGORIES }, (_, category) => category);
  return Buffer.from([
    ...[0xff, 0xd8],
    ...segment(0xc4, 0, ...lengths, ...categories),
    ...segment(0xc3, ...frame),
    ...segment(0xda, 1, 1, 0, predictor, 0, 0),
    ...entropyBytes(spec),
    ...[0xff, 0xd9],
  ]);
}

const CATEGORIES = 17;

function entropyBytes(spec: LosslessSpec): number[] {
  let bits = "";
  spec.samples.forEach((sample, at) => {
    bits += differenceBits((sample - predict(spec, at)) & 0xffff);
  });
  const bytes: number[] = [];
  for (let at = 0; at < bits.length; at += 8) {
    const byte = Number.parseInt(bits.slice(at, at + 8).padEnd(8, "1"), 2);
    bytes.push(byte);
    if (byte === 0xff) bytes.push(0);
  }
  return bytes;
}

function predict({ width, precision, predictor, samples }: LosslessSpec, at: number): number {
  const sample = (index: number) => samples[index] ?? 0;
  if (at === 0) return 2 ** (precision - 1);
  if (at < width) return sample(at - 1);
  if (at % width === 0) return sample(at - width);
  const [left, up, corner] = [sample(at - 1), sample(at - width), sample(at - width - 1)];
  switch (predictor) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return corner;
    case 4:
      return left + up - corner;
    case 5:
      return left + ((up - corner) >> 1);
    case 6:
      return up + ((left - corner) >> 1);
    default:
      return (left + up) >> 1;
  }
}

/** A difference modulo 2^16: its category in five bits, then as many bits as the category says (T.81, table H.2). */
function differenceBits(modulo: number): string {
  if (modulo === 0x8000) return (16).toString(2).padStart(5, "0");
  const difference = modulo > 0x8000 ? modulo - 0x10000 : modulo;
  const category = difference === 0 ? 0 : Math.abs(difference).toString(2).length;
  const low = difference > 0 ? difference : difference + 2 ** category - 1;
  const code = category.toString(2).padStart(5, "0");
  return category === 0 ? code : code + low.toString(2).padStart(category, "0");
}
