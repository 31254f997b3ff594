/** The words after `chexreason data` that are no study file. */
export const DATA_COMMANDS: readonly string[] = ["import", "inspect", "labels"];
