/** Largest picture decoded, in pixels. The largest radiographs measure about 20 million; a bomb claims billions. */
export const MAX_PIXELS = 64_000_000;

/** Largest file read, in bytes: a 16-bit RGBA picture of the largest size, uncompressed. */
export const MAX_FILE_BYTES = MAX_PIXELS * 8;
