/** One line for the many that pip, or the making of a virtual environment, ends with: what, and what to do. */
export function explainPip(output: string): string {
  if (/No space left on device|not enough space on the disk/i.test(output))
    return "pip: the disk is full: free 3 GB, or set XDG_CACHE_HOME to a folder on a larger disk";
  if (/ensurepip is not available/i.test(output))
    return "python3 has no venv: install it (Debian and Ubuntu: apt install python3-venv)";
  if (
    /NewConnectionError|Connection refused|Name or service not known|timed out|ConnectTimeout|Temporary failure/i.test(
      output,
    )
  )
    return "pip: the Python registry cannot be reached: check the network or `pip config list`, then try again";
  const missing = /No matching distribution found for (\S+)/.exec(output)?.[1];
  if (missing !== undefined)
    return `pip: ${missing} is not to be had for this Python and machine: try another Python (3.11 is tested), or CHEXREASON_PYTHON`;
  const last = output.trim().split("\n").at(-1)?.trim();
  return `pip failed: ${last === undefined || last === "" ? "no output" : last}`;
}
