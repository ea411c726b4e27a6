// The demo shop, and a cashier who works in it as a person would.
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test as base, type Page } from "@playwright/test";

export interface Demo {
  base_url: string;
  tenant: { token: string };
  cashier_nodes: { id: number; name: string; token: string }[];
  clients: { id: number; phone: string }[];
}

export const demo: Demo = JSON.parse(readFileSync(process.env.BONEX_DEMO_JSON ?? "demo.json", "utf8"));

/** The register of a project: each project has its own two, so that no test meets another's device. */
export const register = (project: string, which: 0 | 1 = 0) =>
  demo.cashier_nodes[(project === "phone" ? 0 : 2) + which];

/** Refusals of the server are part of some tests; the browser reports them as errors of loading. */
const expected = /Failed to load resource/;

// A page whose every unexpected console error fails the test.
export const test = base.extend<{ till: Till }>({
  page: async ({ page }, use) => {
    const errors: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" && !expected.test(message.text())) errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(error.message));
    await use(page);
    expect(errors).toEqual([]);
  },
  till: async ({ page }, use, info) => {
    // Each test is the same device of its project's first register.
    await page.addInitScript((device) => {
      if (!localStorage.getItem("bonex.device_id")) localStorage.setItem("bonex.device_id", JSON.stringify(device));
    }, `web-${info.project.name}`);
    await use(new Till(page, info.project.name));
  },
});

export class Till {
  constructor(
    readonly page: Page,
    readonly project: string,
  ) {}

  async signIn(which: 0 | 1 = 0) {
    await this.page.goto("/cash");
    await this.page.getByLabel("Tenant Token").fill(demo.tenant.token);
    await this.page.getByLabel("Cashier Token").fill(register(this.project, which).token);
    await this.page.getByRole("button", { name: "Сохранить и войти" }).click();
  }

  /** Types into the focused field and presses Enter, as a scanner does. */
  async scan(code: string) {
    await expect(this.page.getByLabel("Телефон, карта или QR")).toBeFocused();
    await this.page.keyboard.type(code);
    await this.page.keyboard.press("Enter");
  }

  async heading(text: string | RegExp) {
    await expect(this.page.getByRole("heading", { level: 1 })).toHaveText(text);
  }

  /** The balance that the API tells. */
  async balance(phone: string): Promise<number> {
    const answer = await this.page.request.get(`/api/v1/cashier/client/${encodeURIComponent(phone)}`, {
      headers: {
        "X-Tenant-Token": demo.tenant.token,
        "X-Cashier-Token": register(this.project).token,
        "X-Device-Id": `web-${this.project}`,
      },
    });
    return (await answer.json()).data.bonus_balance;
  }

  async looksRight(name: string) {
    await looksRight(this.page, `${name}-${this.project}`);
  }
}

const tablet = { width: 768, height: 1024 };

/** Pictures in light and dark (of a desk's page on a tablet too), nothing that axe objects to or wider than the screen. */
export async function looksRight(page: Page, name: string) {
  const own = page.viewportSize()!;
  for (const size of own.width > tablet.width ? [own, tablet] : [own]) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const on = size === own ? name : `${name}-tablet`;
      await page.screenshot({ path: `end2end/test-results/shots/${on}-${colorScheme}.png` });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map((violation) => `${violation.id}: ${violation.nodes.map((n) => n.html)}`)).toEqual([]);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, "nothing is wider than the screen").toBeLessThanOrEqual(0);
  }
  await page.setViewportSize(own);
}

export { expect };
