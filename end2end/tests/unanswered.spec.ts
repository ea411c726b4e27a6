// Answers that do not arrive: a sale whose outcome is not known stays as it is until it is.
import type { Page, Route } from "@playwright/test";
import { demo, expect, register, test, type Till } from "./shop";

const repeat = (page: Page) => page.getByRole("button", { name: "Повторить", exact: true });

/** The server makes what is asked for; the answer does not arrive. */
async function lose(route: Route) {
  await route.fetch();
  await route.abort("connectionreset");
}

/** Answers as they are told, in their order; whoever asks more is let through. */
async function answers(page: Page, path: string, ...handlers: ((route: Route) => Promise<void>)[]) {
  await page.route(`**${path}`, (route) => (handlers.shift() ?? ((other: Route) => other.continue()))(route));
}

/** What the till sends for a sale: its key and its figures. */
function asked(page: Page): string[] {
  const requests: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/sfn/cash/sale"))
      requests.push(`${request.headers()["idempotency-key"]} ${request.postData()}`);
  });
  return requests;
}

async function sell(till: Till, client: number, sum: string) {
  await till.scan(demo.clients[client].phone);
  await till.page.getByLabel("Сумма чека").fill(sum);
  await till.page.getByRole("button", { name: "Провести продажу" }).click();
}

async function isLocked(page: Page, sum: string) {
  await expect(page.getByLabel("Сумма чека")).toHaveValue(sum);
  await expect(page.getByLabel("Сумма чека")).toBeDisabled();
  await expect(page.getByLabel("Списать бонусы")).toBeDisabled();
}

test("a lost answer: back, to the client again, repeat: one sale", async ({ till, page }) => {
  await till.signIn();
  const phone = demo.clients[3].phone;
  const [before, requests] = [await till.balance(phone), asked(page)];
  await answers(page, "/sfn/cash/sale", lose);
  await sell(till, 3, "60");
  await expect(repeat(page)).toBeEnabled();
  await isLocked(page, "60,00");
  expect(await till.balance(phone)).toBeCloseTo(before + 3, 2);
  await till.looksRight("unsure");

  await page.getByRole("button", { name: "Назад" }).click();
  await till.heading("Найти клиента");
  await expect(page.getByText("Ждёт ответа")).toBeVisible();
  await till.looksRight("find-unanswered");
  // Whoever looks the client up again finds that sale, not a new one.
  await till.scan(phone);
  await isLocked(page, "60,00");
  await repeat(page).click();
  await till.heading("Продажа прошла");
  expect(await till.balance(phone)).toBeCloseTo(before + 3, 2);
  expect(requests).toHaveLength(2);
  expect(requests[1]).toBe(requests[0]);

  await page.getByRole("button", { name: "Следующий клиент" }).click();
  await expect(page.getByText("Ждёт ответа")).toBeHidden();
  await till.scan(phone);
  await expect(page.getByLabel("Сумма чека")).toBeEnabled();
});

test("a lost answer: another client meanwhile, then from the list", async ({ till, page }) => {
  await till.signIn();
  const [lost, other] = [demo.clients[3].phone, demo.clients[1].phone];
  const [before, othersBefore] = [await till.balance(lost), await till.balance(other)];
  await answers(page, "/sfn/cash/sale", lose);
  await sell(till, 3, "80");
  await expect(repeat(page)).toBeEnabled();
  await page.getByRole("button", { name: "Назад" }).click();
  await sell(till, 1, "20");
  await till.heading("Продажа прошла");
  await page.getByRole("button", { name: "Следующий клиент" }).click();
  await page.getByRole("button", { name: /80,00/ }).click();
  await isLocked(page, "80,00");
  await repeat(page).click();
  await till.heading("Продажа прошла");
  expect(await till.balance(lost)).toBeCloseTo(before + 4, 2);
  expect(await till.balance(other)).toBeCloseTo(othersBefore + 1, 2);
});

test("a lost answer: reload, repeat: one sale", async ({ till, page }) => {
  await till.signIn();
  const phone = demo.clients[3].phone;
  const [before, requests] = [await till.balance(phone), asked(page)];
  await answers(page, "/sfn/cash/sale", lose);
  await sell(till, 3, "40,50");
  await expect(repeat(page)).toBeEnabled();

  await page.reload();
  await isLocked(page, "40,50");
  const kept = await page.evaluate(() => JSON.stringify(localStorage));
  expect(kept, "no phone lies in the browser").not.toContain(phone.slice(4));
  await repeat(page).click();
  await till.heading("Продажа прошла");
  expect(await till.balance(phone)).toBeCloseTo(before + 2.03, 2);
  expect(requests[1]).toBe(requests[0]);
  await page.reload();
  await till.heading("Найти клиента");
});

test("closed while the sale is on its way: the sale is there when the till is opened again", async ({ till, page }) => {
  await till.signIn();
  const phone = demo.clients[3].phone;
  const before = await till.balance(phone);
  const made = new Promise<void>((resolve) => {
    // Nothing is answered: the page goes first.
    answers(page, "/sfn/cash/sale", async (route) => {
      await route.fetch();
      resolve();
    });
  });
  await sell(till, 3, "20");
  await made;
  await page.reload();
  await isLocked(page, "20,00");
  await repeat(page).click();
  await till.heading("Продажа прошла");
  expect(await till.balance(phone)).toBeCloseTo(before + 1, 2);
});

test("too many requests on the repeat: the sums stay locked, and the wait is told", async ({ till, page }) => {
  await till.signIn();
  const phone = demo.clients[3].phone;
  const [before, requests] = [await till.balance(phone), asked(page)];
  const tooMany = (route: Route) =>
    route.fulfill({
      status: 429,
      json: { success: false, error: "Too Many Requests", retry_after: "4" },
    });
  await answers(page, "/sfn/cash/sale", lose, tooMany);
  await sell(till, 3, "60");
  await repeat(page).click();
  await expect(page.getByRole("alert").filter({ hasText: "Слишком много запросов" })).toBeVisible();
  await expect(page.getByText("Повторите через 4\u00a0с.")).toBeVisible();
  await expect(repeat(page)).toBeDisabled();
  await isLocked(page, "60,00");
  await till.looksRight("too-many");
  await expect(repeat(page)).toBeEnabled();
  await repeat(page).click();
  await till.heading("Продажа прошла");
  expect(await till.balance(phone)).toBeCloseTo(before + 3, 2);
  expect(new Set(requests).size).toBe(1);
});

for (const [name, answer] of [
  ["a failure", { status: 500, json: { success: false, error: "Внутренняя ошибка." } }],
  ["a page of a guest network", { status: 200, contentType: "text/html", body: "<html>Sign in</html>" }],
  ["a refusal of a proxy", { status: 403, contentType: "text/html", body: "<html>Forbidden</html>" }],
  ["a token that was changed meanwhile", { status: 401, json: { success: false, error: "Недействительный токен кассы." } }],
] as const) {
  test(`after a lost answer ${name} unlocks nothing`, async ({ till, page }) => {
    await till.signIn();
    const phone = demo.clients[3].phone;
    const before = await till.balance(phone);
    await answers(page, "/sfn/cash/sale", lose, (route) => route.fulfill(answer));
    await sell(till, 3, "20");
    await repeat(page).click();
    await expect(page.getByRole("alert")).toHaveCount(2);
    await isLocked(page, "20,00");
    await repeat(page).click();
    await till.heading("Продажа прошла");
    expect(await till.balance(phone)).toBeCloseTo(before + 1, 2);
  });
}

test("a refusal of the sale itself leaves the sums to be changed", async ({ till, page }) => {
  await till.signIn();
  const phone = demo.clients[3].phone;
  const [before, requests] = [await till.balance(phone), asked(page)];
  await answers(page, "/sfn/cash/sale", (route) =>
    route.fulfill({ status: 422, json: { success: false, error: "Сумма слишком мала.", is_decided: true } }),
  );
  await sell(till, 3, "20");
  await expect(page.getByRole("alert")).toContainText("Сумма слишком мала.");
  await page.getByLabel("Сумма чека").fill("40");
  await page.getByRole("button", { name: "Провести продажу" }).click();
  await till.heading("Продажа прошла");
  expect(await till.balance(phone)).toBeCloseTo(before + 2, 2);
  expect(requests[1].split(" ")[0]).not.toBe(requests[0].split(" ")[0]);
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("bonex.sale.");
});

test("what waits on one register is not another's", async ({ till, page }) => {
  await till.signIn();
  await answers(page, "/sfn/cash/sale", lose);
  await sell(till, 3, "20");
  await expect(repeat(page)).toBeEnabled();
  await page.getByRole("button", { name: "Выйти" }).click();
  await till.signIn(1);
  await expect(page.locator(".place")).toContainText(register(till.project, 1).name);
  await till.heading("Найти клиента");
  await expect(page.getByText("Ждёт ответа")).toBeHidden();
  await page.getByRole("button", { name: "Выйти" }).click();
  await till.signIn(0);
  await isLocked(page, "20,00");
  await repeat(page).click();
  await till.heading("Продажа прошла");
});

test("without a connection after a reload the tokens need not be typed again", async ({ till, page }) => {
  await till.signIn();
  await till.heading("Найти клиента");
  await answers(page, "/sfn/cash/session", (route) => route.abort("internetdisconnected"));
  await page.reload();
  await till.heading("Касса не открылась");
  await till.looksRight("unopened");
  await repeat(page).click();
  await till.heading("Найти клиента");
});

test("enrolment: a lost answer, then another name of the same length", async ({ till, page }) => {
  await till.signIn();
  const phone = till.project === "phone" ? "+992935550021" : "+992935550022";
  const keys: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/sfn/cash/enrol")) keys.push(request.headers()["idempotency-key"]);
  });
  await answers(
    page,
    "/sfn/cash/enrol",
    (route) => route.abort("connectionreset"),
    (route) => route.abort("connectionreset"),
    lose,
  );
  await till.scan(phone);
  await till.heading("Новый клиент");
  const enrol = page.getByRole("button", { name: "Зарегистрировать" });
  const failed = page.getByRole("alert").filter({ hasText: "Нет связи с сервером" });
  for (const name of ["Зарина", "Зарина", "Марина"]) {
    await page.getByLabel(/Имя/).fill(name);
    await enrol.click();
    await expect(failed).toBeVisible();
    await expect(enrol).toBeEnabled();
  }
  await enrol.click();
  await till.heading("Марина");
  expect(keys[1], "the same words are the same request").toBe(keys[0]);
  expect(keys[2], "another name is another request").not.toBe(keys[0]);
  expect(keys[3]).toBe(keys[2]);
  expect(await till.balance(phone)).toBeCloseTo(10, 2);
});
