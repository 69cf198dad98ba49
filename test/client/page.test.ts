// The page's controllers in a real browser: what is shown, and a change that is asked for, confirmed and made.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { page } from "../../server/page.ts";
import { controlled } from "./controlled.ts";
import { shown } from "./in-browser.ts";

/** What somebody does with the page; what they see is kept for the test. */
const driver = `<pre id="out"></pre><img src="/page/wait"><script type="module">
  const out = {};
  const until = async (what, holds) => {
    for (let i = 0; i < 2400 && !holds(); i++) await new Promise((done) => setTimeout(done, 25));
    if (!holds()) throw new Error("never: " + what);
  };
  const text = (selector) => document.querySelector(selector)?.textContent ?? "";
  const submit = (selector) => document.querySelector(selector).requestSubmit();
  try {
    await until("a list", () => /setpoint/.test(text("#controllers li")));
    out.list = [...document.querySelectorAll("#controllers li")].map((row) => [...row.children].map((one) => one.textContent));
    document.querySelector("#controllers li button").click();
    await until("a detail", () => /zone/.test(text("#detail-title")) && !document.querySelector("#change").hidden);
    out.title = text("#detail-title");
    out.looks = !document.querySelector("#look-only").hidden;
    out.plot = document.querySelector("#detail-plot svg").getAttribute("aria-label");
    out.drawn = document.querySelectorAll("#detail-plot path").length;
    out.alarms = text("#detail-alarms");
    out.facts = text("#detail-facts");
    out.parts = ["wants", "inputs", "events"].map((part) => text("#detail-" + part));
    const what = document.querySelector("#change-what");
    out.changes = [...what.options].map((one) => one.textContent);
    const set = async (label, value) => {
      what.value = [...what.options].find((one) => one.textContent.startsWith(label)).value;
      what.dispatchEvent(new Event("change"));
      document.querySelector("#change-value").value = value;
      document.querySelector("#change-why").value = "a test";
      document.querySelector("#detail-state").textContent = "";
      submit("#change");
      await until("a question", () => !document.querySelector("#confirm").hidden);
      const asked = text("#confirm-text");
      submit("#confirm");
      await until("an answer", () => text("#detail-state") !== "");
      return [asked, text("#detail-state")];
    };
    out.bad = await set("setpoint", "99");
    out.again = document.activeElement.id;
    out.good = await set("setpoint", "23");
    out.next = document.activeElement.textContent;
    out.override = await set("override of fan", "60");
    await until("the override", () => /override/.test(text("#detail-facts")));
    out.overridden = text("#detail-facts");
    out.mode = await set("mode", "manual");
    out.wide = document.documentElement.scrollWidth <= innerWidth && document.querySelector("#detail").scrollWidth <= document.querySelector("#detail").clientWidth;
    document.querySelector("#detail").close();
    location.hash = "#controller=zone";
    await until("the one that is linked to", () => document.querySelector("#detail").open);
    out.names = [...document.querySelectorAll("#detail input, #detail select, #detail button")].every(
      (one) => one.closest("label") || one.getAttribute("aria-label") || one.textContent.trim());
  } catch (error) {
    out.error = String(error.stack ?? error);
  }
  document.getElementById("out").textContent = JSON.stringify(out);
  await fetch("/page/done");
</script>`;

async function driven(t: TestContext, size: string) {
  const { site } = await controlled(t);
  const html = page("The hut", "1.0.0").replace("</body>", `${driver}</body>`);
  const text = await shown(t, site, html, { flags: [`--window-size=${size}`] });
  return { site, out: JSON.parse(text) as Readonly<Record<string, unknown>> };
}

for (const size of ["1200,900", "500,800"])
  test(
    `controllers on the page, ${size}: seen, explained, changed after a question`,
    { timeout: 120_000 },
    async (t) => {
      const { site, out } = await driven(t, size);
      assert.equal(out["error"], undefined);
      const [[name, mode, rest] = []] = out["list"] as string[][];
      assert.deepEqual([name, mode], ["zone", "automatic"]);
      assert.match(rest ?? "", /21\.5 °C, setpoint 21 °C · fan 54.*probe: 0\.5 K above the setpoint/);
      assert.deepEqual([out["title"], out["looks"]], ["zone: automatic", false]);
      assert.match(
        String(out["plot"]),
        /^The last \d+ steps: measured 21\.5 to 21\.5, outputs from 0 to 100$/,
      );
      assert.equal(out["drawn"], 3);
      assert.equal(out["alarms"], "notice: it is warm: open the door (not acknowledged)");
      assert.match(String(out["facts"]), /termspv 21\.5 °C · above 0\.5 Klast step\d+ s ago/s);
      const [wants = "", inputs = "", events = ""] = out["parts"] as string[];
      assert.match(wants, /^Who wants what \(\d+\)→ 12 controller: fan \d+.*controller zone: .*\(\w/);
      assert.match(inputs, /^Inputs \(\d+\).*21\.5, good, \d+\.\d s old \(probe/);
      assert.match(events, /^What changed last \(\d+\).*fail-safe → automatic/);
      assert.deepEqual(out["changes"], [
        "mode",
        "override of fan",
        "acknowledge warm:probe",
        "setpoint, °C (15 to 35)",
        "gain, %/K (0 to 50)",
        "integralTime, s (1 to 604800)",
      ]);
      const [question, refusal] = out["bad"] as string[];
      assert.equal(question, "setpoint of zone is to be 99 instead of 21.");
      assert.match(refusal ?? "", /99 °C is above its maximum 35 °C/);
      assert.deepEqual(out["good"], ["setpoint of zone is to be 23 instead of 21.", "Done."]);
      assert.deepEqual(out["mode"], ["zone is to be manual for 30m.", "Done."]);
      assert.deepEqual([out["again"], out["next"]], ["change-value", "Ask for it"], "where one goes on");
      assert.deepEqual((out["override"] as string[])[1], "Done.");
      assert.match(String(out["overridden"]), /overridefan 60 by 127\.0\.0\.1 until .*: a test/);
      assert.deepEqual([out["wide"], out["names"]], [true, true]);
      const zone = site.controllers.runtime.get("zone");
      assert.deepEqual([zone?.settings["setpoint"], zone?.wantedMode], [23, "manual"]);
    },
  );
