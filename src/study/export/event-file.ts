import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { crc32c } from "./crc32c.ts";

/**
 * TensorBoard's event file: TFRecords (length, masked CRC-32C of it, bytes, masked CRC-32C of them), each an Event of
 * tensorflow/core/util/event.proto. Written here are scalars alone.
 * Deviation: an event's wall time is its step in seconds, so that the same metrics give the same bytes.
 */
export interface Scalar {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
}

/** The bytes of an event file that holds the scalars, in the order given. */
export function eventFile(scalars: readonly Scalar[]): Uint8Array {
  return Buffer.concat([
    record(event(0, (writer) => writer.tag(3, LENGTH_DELIMITED).string("brain.Event:2"))),
    ...scalars.map((scalar) => record(scalarEvent(scalar))),
  ]);
}

// Wire types of protobuf.
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

function event(step: number, rest: (writer: BinaryWriter) => BinaryWriter): Uint8Array {
  const writer = new BinaryWriter().tag(1, FIXED64).double(step).tag(2, VARINT).int64(step);
  return rest(writer).finish();
}

function scalarEvent({ tag, step, value }: Scalar): Uint8Array {
  const one = new BinaryWriter().tag(1, LENGTH_DELIMITED).string(tag).tag(2, FIXED32).float(value).finish();
  const summary = new BinaryWriter().tag(1, LENGTH_DELIMITED).bytes(one).finish();
  return event(step, (writer) => writer.tag(5, LENGTH_DELIMITED).bytes(summary));
}

function record(data: Uint8Array): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, maskedCrc(length), data, maskedCrc(data)]);
}

/** TFRecord's mask: a CRC of bytes that hold CRCs would be weak. */
function maskedCrc(bytes: Uint8Array): Uint8Array {
  const crc = crc32c(bytes);
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}
