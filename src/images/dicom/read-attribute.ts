import type { DataSet } from "dicom-parser";
import { ImageError } from "../image-error.ts";

/** An attribute by its name, as errors say it, and its tag, as dicom-parser writes it. */
export interface Attribute {
  readonly name: string;
  readonly tag: string;
}

/** An unsigned 16-bit attribute (US); undefined where it is absent or empty. */
export function readUnsigned(attributes: DataSet, { tag }: Attribute, index = 0): number | undefined {
  const element = attributes.elements[tag];
  if (element === undefined || element.length < 2 * (index + 1)) return undefined;
  return attributes.uint16(tag, index);
}

/** The same, demanded. Throws ImageError naming the attribute. */
export function needUnsigned(file: string, attributes: DataSet, attribute: Attribute): number {
  const value = readUnsigned(attributes, attribute);
  if (value === undefined) throw new ImageError(file, "unreadable", `DICOM without ${attribute.name}`);
  return value;
}

/** A text (CS, LO, UI), trimmed; "" where it is absent. */
export function readText(attributes: DataSet, { tag }: Attribute): string {
  return attributes.string(tag)?.trim() ?? "";
}

/**
 * The first value of a decimal or integer string (DS, IS; PS3.5, section 6.2); undefined where it is absent or empty.
 * Throws ImageError where it is no number.
 */
export function readDecimal(file: string, attributes: DataSet, attribute: Attribute): number | undefined {
  const text = attributes.string(attribute.tag, 0)?.trim() ?? "";
  if (text === "") return undefined;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text))
    throw new ImageError(file, "unreadable", `DICOM's ${attribute.name} is no number: ${text.slice(0, 20)}`);
  const value = Number(text);
  if (!Number.isFinite(value))
    throw new ImageError(file, "unreadable", `DICOM's ${attribute.name} is not finite`);
  return value;
}
