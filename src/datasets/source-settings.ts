import { parse } from "yaml";
import { messageOf, UserError } from "../util/user-error.ts";
import type { HospitalSourceInput } from "./hospital-source.ts";

/**
 * A hospital's source from what the command line names, and further settings as `key=value`, whose values are read as
 * YAML (`set=test`, `wider=true`, `stated=[Edema, Fracture]`). The source is checked where it is read.
 * Throws UserError for what is no `key=value`.
 */
export function hospitalSource(
  named: Pick<HospitalSourceInput, "kind" | "root" | "site"> & Partial<Pick<HospitalSourceInput, "images">>,
  settings: readonly string[],
): HospitalSourceInput {
  const assigned = settings.map((setting) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (key === undefined || value === undefined)
      throw new UserError(`--set ${setting}: write key=value, for example set=test`, 2);
    return [key.trim(), yamlValue(setting, value)] as const;
  });
  return { ...named, ...Object.fromEntries(assigned) } as HospitalSourceInput;
}

function yamlValue(setting: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new UserError(`--set ${setting}: ${messageOf(error).split("\n")[0]}`, 2, { cause: error });
  }
}
