/** What could end the place that a text stands in: an attribute, an element, a comment, a style sheet, a picture. */
const BREAKOUTS = [
  "",
  '">',
  "'>",
  "`>",
  '" ',
  "' ",
  "</style>",
  "</title>",
  "</pre></code>",
  "</td></tr></table>",
  "</text></svg>",
  "<![CDATA[",
  "]]>",
  "<!--",
  "-->",
  "</script>",
  "\\u0022\\u003e",
  "&quot;&gt;",
  "\n\n",
  "\u0000",
] as const;

/** What a browser, a template engine, a chart's grammar or a terminal might act on. */
const PAYLOADS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)><foreignObject><body onload=alert(1)>",
  "<a href=javascript:alert(1)>x</a>",
  "onmouseover=alert(1) x=",
  "javascript:alert(1)",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<meta http-equiv=refresh content='0;url=https://example.org'>",
  "<base href=//example.org><link rel=stylesheet href=//example.org/x.css>",
  "<style>*{background:url(https://example.org/x)}</style>",
  "}*{background:url(https://example.org/x)}@import 'https://example.org';",
  "expression(alert(1)) url(javascript:alert(1))",
  "<math><mtext><table><mglyph><style><!--</style><img src onerror=alert(1)>",
  "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
  "<template><script>alert(1)</script></template>",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is the attack
  "{{constructor.constructor('alert(1)')()}} ${alert(1)} <%= 7*7 %> #{7*7}",
  "datum.x'; alert(1); //",
  "\u202egnp.exe\u202c \u2066hidden\u2069 \u200f\u061c",
  "\ud800<b>\udc00 \udfff",
  "\u001b[31m\u0007\u0085\u2028\u2029",
  "&#60;script&#62;alert(1)&#60;/script&#62;",
  "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
  "\uff1cscript\uff1e\u0130\ufeff<\u0000script>",
  "| --- | [x](javascript:alert(1)) ![x](https://example.org/x) `<b>`",
  "\\input{/etc/passwd} \\write18{id} $x$ %\n\\end{tabular} ^^5cinput{x}",
] as const;

/** 500 strings of which none may come to life in a page, a Markdown table or a LaTeX table. */
export const HOSTILE_STRINGS: readonly string[] = BREAKOUTS.flatMap((breakout) =>
  PAYLOADS.map((payload) => `${breakout}${payload}`),
);
