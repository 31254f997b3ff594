import { describe, expect, it } from "vitest";
import { Html, html } from "./html.ts";

describe("html", () => {
  it("escapes every part that is not Html", () => {
    const text = `<script>alert("x")</script> & 'y'`;
    expect(`${html`<p title="${text}">${text}</p>`}`).toBe(
      '<p title="&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;">' +
        "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;</p>",
    );
  });

  it("keeps Html as it is, joins lists, drops null and undefined", () => {
    const items = ["<", new Html("<b>")].map((item) => html`<li>${item}</li>`);
    expect(`${html`<ul>${items}</ul>${null}${undefined}${0}`}`).toBe("<ul><li>&lt;</li><li><b></li></ul>0");
  });

  it("does not take an object that looks like Html for it", () => {
    const impostor = JSON.parse('{"toString": "<script>"}') as string;
    expect(() => html`${[impostor]}`).toThrow();
  });

  it("shows control characters and those that turn the direction of writing", () => {
    expect(`${html`${"a\u0000b\u202ec\u2066d\te\nf"}`}`).toBe("a\ufffdb\ufffdc\ufffdd\te\nf");
  });
});
