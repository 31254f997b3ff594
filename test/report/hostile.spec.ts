import { createHash } from "node:crypto";
import { parse, type DefaultTreeAdapterTypes as Tree } from "parse5";
import { beforeAll, describe, expect, it } from "vitest";
import { resultsTable } from "../../src/evaluation/results-table.ts";
import { exampleRecipeReport } from "../../src/report/example-recipe-report.ts";
import { exampleReportInput } from "../../src/report/example-report-input.ts";
import { PAGE_STYLE } from "../../src/report/page-style.ts";
import { renderReport } from "../../src/report/render-report.ts";
import { renderVariantsReport } from "../../src/report/render-variants-report.ts";
import type { ReportInput } from "../../src/report/report-input.ts";
import { paperTables } from "../../src/report/tables/paper-tables.ts";
import { tablesLatex } from "../../src/report/tables/tables-latex.ts";
import { tablesMarkdown } from "../../src/report/tables/tables-markdown.ts";
import { slices } from "../../src/util/slices.ts";
import { hostileInput } from "./hostile-input.ts";
import { HOSTILE_STRINGS } from "./hostile-strings.ts";

/** Strings to a page: more pages take longer, larger ones have charts of too many lines. */
const A_PAGE = 125;

/** Every element that a report may hold, with every attribute that it may have. Whatever else is there got in. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  html: ["lang"],
  head: [],
  meta: ["charset", "http-equiv", "content", "name"],
  title: [],
  style: [],
  body: [],
  header: [],
  main: [],
  nav: ["aria-label"],
  section: ["id", "aria-labelledby", "class"],
  article: ["class"],
  div: ["class", "tabindex", "role", "aria-label"],
  h1: [],
  h2: ["id"],
  h3: [],
  h4: [],
  p: ["class"],
  a: ["href"],
  ul: ["class", "aria-label"],
  li: ["class"],
  dl: [],
  dt: [],
  dd: [],
  table: ["class"],
  caption: [],
  thead: [],
  tbody: [],
  tr: [],
  th: ["scope"],
  td: [],
  span: ["class", "role", "aria-label"],
  strong: ["class"],
  em: [],
  b: [],
  small: [],
  code: [],
  pre: [],
  blockquote: [],
  details: [],
  summary: [],
  img: ["src", "alt"],
  svg: ["role", "aria-label", "class", "width", "height", "viewBox", "xmlns", "xmlns:xlink", "version"],
  g: [
    "class",
    "transform",
    "stroke-width",
    "stroke-miterlimit",
    "stroke-linejoin",
    "fill",
    "font-family",
    "font-size",
    "pointer-events",
    "aria-hidden",
  ],
  path: [
    "class",
    "d",
    "transform",
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-opacity",
    "stroke-width",
    "stroke-dasharray",
    "opacity",
    "pointer-events",
    "aria-hidden",
    "display",
  ],
  line: ["transform", "x2", "y2", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity"],
  text: [
    "text-anchor",
    "transform",
    "font-family",
    "font-size",
    "font-weight",
    "fill",
    "opacity",
    "pointer-events",
  ],
  tspan: ["x", "dy"],
};

interface Parsed {
  readonly elements: readonly Tree.Element[];
  /** Comments and templates. */
  readonly others: readonly string[];
  readonly errors: readonly string[];
}

/** A page as a browser would read it. */
function parsed(html: string): Parsed {
  const elements: Tree.Element[] = [];
  const others: string[] = [];
  const errors: string[] = [];
  const walk = (node: Tree.Node): void => {
    if ("tagName" in node) elements.push(node);
    else if (!["#document", "#text", "#documentType"].includes(node.nodeName)) others.push(node.nodeName);
    if ("content" in node) others.push("template");
    if ("childNodes" in node) node.childNodes.forEach(walk);
  };
  walk(parse(html, { onParseError: ({ code }) => errors.push(code) }));
  return { elements, others, errors };
}

const attribute = (element: Tree.Element, name: string): string | undefined =>
  element.attrs.find((each) => each.name === name)?.value;

/** What a page holds that a report of ours never does; nothing where nothing got in. */
function intruders({ elements, others, errors }: Parsed): string[] {
  const found = [...others, ...errors];
  for (const element of elements) {
    const { tagName, attrs } = element;
    const allowed = ALLOWED[tagName];
    if (allowed === undefined) found.push(`<${tagName}>`);
    for (const { prefix, name } of attrs) {
      const whole = prefix ? `${prefix}:${name}` : name;
      if (allowed !== undefined && !allowed.includes(whole)) found.push(`<${tagName} ${whole}>`);
    }
  }
  return [...new Set(found)];
}

let example: ReportInput;
let pages: { texts: readonly string[]; html: string; page: Parsed }[];
beforeAll(async () => {
  example = await exampleReportInput(20);
  pages = [];
  for (const texts of slices(HOSTILE_STRINGS, A_PAGE)) {
    const html = await renderReport(hostileInput(example, texts));
    pages.push({ texts, html, page: parsed(html) });
  }
});

describe("a report of hostile texts", () => {
  it("is tried with 500 different ones", () => {
    expect(new Set(HOSTILE_STRINGS).size).toBe(500);
  });

  it("knows an intruder when it sees one", () => {
    const planted = (text: string) =>
      intruders(parsed(`<!doctype html><html><head><title>x</title></head><body>${text}`));
    expect(planted("<p>x</p>")).toEqual([]);
    expect(planted("<script>1</script>")).toContain("<script>");
    expect(planted("<p onclick=1>")).toContain("<p onclick>");
    expect(planted("<!-- x -->")).toContain("#comment");
    expect(planted("<template></template>")).toContain("template");
    expect(planted("\u0000")).not.toEqual([]);
  });

  it("holds no element and no attribute but its own", () => {
    for (const { page } of pages) expect(intruders(page)).toEqual([]);
  });

  it("points at nothing outside itself", () => {
    const colour = /^(?:none|transparent|var\(--[a-z0-9-]+\)|#[0-9a-f]+|black)$/;
    const rules = [
      ["href", /^#[a-z]+$/],
      ["src", /^data:image\/jpeg;base64,[\w+/]+={0,2}$/],
      ["fill", colour],
      ["stroke", colour],
    ] as const;
    const values = pages.flatMap(({ page: { elements } }) =>
      elements.flatMap((element) =>
        rules.map(([name, rule]) => ({ name, rule, value: attribute(element, name) })),
      ),
    );
    const wrong = values.filter(({ rule, value }) => value !== undefined && !rule.test(value));
    expect(wrong).toEqual([]);
    expect(values.filter(({ name, value }) => name === "src" && value !== undefined)).not.toEqual([]);
  });

  it("keeps its one style sheet and its policy", () => {
    const hash = createHash("sha256").update(PAGE_STYLE).digest("base64");
    for (const { elements } of pages.map(({ page }) => page)) {
      const styles = elements.filter(({ tagName }) => tagName === "style");
      expect(styles.map(({ childNodes }) => childNodes)).toMatchObject([[{ value: PAGE_STYLE }]]);
      const policies = elements.filter((element) => attribute(element, "http-equiv") !== undefined);
      expect(policies.map((element) => attribute(element, "content"))).toEqual([
        `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
      ]);
    }
  });

  it("shows no control character, half a surrogate pair, or turn of the direction", () => {
    const unseen = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u;
    for (const { html } of pages) expect(unseen.exec(html)?.[0]).toBeUndefined();
  });

  it("shows the texts all the same", () => {
    const [page] = pages;
    for (const text of (page?.texts ?? []).filter((each) => /^[ -~]+$/.test(each))) {
      const escaped = text.replace(
        /[&<>"']/g,
        (c) => `&${{ "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "#39" }[c]};`,
      );
      expect(page?.html).toContain(`<li>${escaped}</li>`);
    }
  });
});

describe("tables of hostile texts", () => {
  it("have as many cells as columns in Markdown, and no markup", () => {
    for (const texts of slices(HOSTILE_STRINGS, A_PAGE)) {
      const tables = paperTables(hostileInput(example, texts));
      const markdown = tablesMarkdown(texts.join(" "), tables);
      const lines = markdown.split("\n").filter((line) => line.startsWith("|"));
      const cells = lines.map((line) => line.replaceAll(/\\./g, "").split("|").length - 2);
      const expected = tables.flatMap(({ head, rows }) => [head, head, ...rows].map(({ length }) => length));
      expect(cells).toEqual(expected);
      const bare = markdown
        .replaceAll(/\\[\\`*_{}[\]|~!$#]/g, "")
        .replaceAll(/&(?:amp|lt|gt|#58|#64|#46);/g, "");
      // What is left of markup is the tables' own bars and the headings' marks.
      expect(bare.replaceAll(/^#{1,2} /gm, "")).not.toMatch(/[<>\\`*_[\]~!$&:]/);
    }
  });

  it("hold no command in LaTeX but the tables' own", () => {
    const own =
      /\\(?:begin|end|centering|caption|resizebox|linewidth|toprule|midrule|bottomrule|scriptsize|d?dagger|text(?:backslash|asciitilde|asciicircum|less|greater|bar|quotedbl|asciigrave))(?![a-zA-Z])|\\[{}$&#_%\\]/g;
    for (const texts of slices(HOSTILE_STRINGS, A_PAGE)) {
      const latex = tablesLatex(texts.join(" "), paperTables(hostileInput(example, texts)));
      const [comment = "", ...lines] = latex.split("\n");
      expect(comment).toMatch(/^% /);
      const bare = lines.join("\n").replaceAll(own, "");
      expect(bare).not.toMatch(/[\\^~"`<>|]/);
      expect(bare.replaceAll("{!}{%", "{!}{")).not.toContain("%");
      const depth = [...bare].reduce((open, c) => open + (c === "{" ? 1 : c === "}" ? -1 : 0), 0);
      expect(depth).toBe(0);
    }
  });
});

describe("a page of variants with hostile names", () => {
  it("holds no element and no attribute but its own", () => {
    const { rows } = resultsTable(example.evaluations.slice(0, 1));
    for (const texts of slices(HOSTILE_STRINGS, A_PAGE)) {
      const html = renderVariantsReport({
        name: texts.join(" "),
        description: texts.join(" "),
        rows: texts.flatMap((text) => rows.map((row) => ({ ...row, model: text, data: text }))),
        recipes: texts.map((text) =>
          exampleRecipeReport({ recipe: text, model: text, baseline: text, data: text }),
        ),
        reports: texts.map((text) => ({ name: text, title: text, file: "../variants/a/reports/index.html" })),
      });
      expect(intruders(parsed(html))).toEqual([]);
    }
  });
});
