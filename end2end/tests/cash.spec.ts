import { demo, expect, register, test } from "./shop";

const parviz = demo.clients[0].phone;

test("R-WEBCASH: a sale from sign-in to the next client", async ({ till, page }) => {
  await till.signIn();
  await till.heading("Найти клиента");
  await expect(page.locator(".place")).toContainText(register(till.project).name);
  await till.looksRight("find");

  // By the keypad, with one thumb: nine digits get +992.
  for (const digit of parviz.slice(4)) await page.getByRole("button", { name: digit, exact: true }).click();
  await page.getByRole("button", { name: "Найти", exact: true }).click();
  await till.heading("Парвиз Солиев");
  const before = await till.balance(parviz);

  await page.getByLabel("Сумма чека").fill("200");
  await page.getByRole("button", { name: /Максимум/ }).click();
  // 30 % of 200.
  await expect(page.getByLabel("Списать бонусы")).toHaveValue("60");
  await expect(page.locator(".figures")).toContainText("140,00");
  await expect(page.locator(".figures")).toContainText("−60,00");
  await expect(page.locator(".figures")).toContainText("+7,00");
  await till.looksRight("sale");
  await page.getByRole("button", { name: "Провести продажу" }).click();

  await till.heading("Продажа прошла");
  await expect(page.locator(".done")).toContainText("140,00");
  await page.getByText("Почему столько?").click();
  await expect(page.locator(".why")).toContainText("5 %");
  await till.looksRight("done");
  expect(await till.balance(parviz)).toBeCloseTo(before - 60 + 7, 2);

  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Следующий клиент" }).click();
  await till.heading("Найти клиента");

  // The next day the tokens are still there.
  await page.reload();
  await till.heading("Найти клиента");
});

test("R-QR-8: a keyboard scanner finds by EAN-13 and club card", async ({ till, page }) => {
  await till.signIn();
  for (const code of ["2000000000015", "001-0000001", "+992900000500"]) {
    await till.scan(code);
    await till.heading("Парвиз Солиев");
    await page.getByRole("button", { name: "Назад" }).click();
  }
  await till.scan("2000000000014");
  await expect(page.getByRole("alert")).toContainText("Отсканируйте ещё раз");
});

test("R-CREG: a new client is enrolled and buys", async ({ till, page }) => {
  await till.signIn();
  const phone = till.project === "phone" ? "+992935550001" : "+992935550002";
  await till.scan(phone);
  await till.heading("Новый клиент");
  await till.looksRight("enrol");
  await page.getByLabel(/Имя/).fill("Зарина");
  await page.getByRole("button", { name: "Зарегистрировать" }).click();
  await till.heading("Зарина");
  await page.getByLabel("Сумма чека").fill("100,50");
  await page.keyboard.press("Enter");
  await till.heading("Продажа прошла");
  expect(await till.balance(phone)).toBeCloseTo(10 + 5.03, 2);
});

test("ruling 59: who was enrolled without a name gets one at the till", async ({ till, page }) => {
  await till.signIn();
  const phone = till.project === "phone" ? "+992935550003" : "+992935550004";
  await till.scan(phone);
  await till.heading("Новый клиент");
  await page.getByRole("button", { name: "Зарегистрировать" }).click();
  await till.heading(/93.555.00.0/);
  await till.looksRight("nameless");
  await page.getByRole("button", { name: "Записать имя" }).click();
  await till.heading("Записать имя");
  await till.looksRight("name");
  // Nothing typed changes nothing.
  await page.getByRole("button", { name: "Записать имя" }).click();
  await till.heading("Записать имя");
  await page.getByLabel("Имя").fill("Фирӯз");
  await page.keyboard.press("Enter");
  await till.heading("Фирӯз");
  await expect(page.getByRole("button", { name: "Записать имя" })).toBeHidden();
  await page.getByRole("button", { name: "Назад" }).click();
  await till.scan(phone);
  await till.heading("Фирӯз");
});

test("R-DEVICE-2: another device is refused and told what to do", async ({ till, browser, page }) => {
  await till.signIn();
  await till.heading("Найти клиента");
  const other = await browser.newContext({ viewport: page.viewportSize() });
  const second = await other.newPage();
  await second.goto("/cash");
  await second.getByLabel("Tenant Token").fill(demo.tenant.token);
  await second.getByLabel("Cashier Token").fill(register(till.project).token);
  await second.getByRole("button", { name: "Сохранить и войти" }).click();
  await expect(second.getByRole("heading", { level: 1 })).toHaveText("Касса на другом устройстве");
  await expect(second.getByRole("alert")).toContainText("Сбросить привязку");
  await other.close();
});

test("a wrong token says so", async ({ till, page }) => {
  await page.goto("/cash");
  await till.heading("Вход в кассу");
  await till.looksRight("login");
  await page.getByLabel("Tenant Token").fill(demo.tenant.token);
  await page.getByLabel("Cashier Token").fill("wrong");
  await page.getByRole("button", { name: "Сохранить и войти" }).click();
  await expect(page.getByRole("alert")).toContainText("Недействительный токен кассы");
});

test("a double tap sells once", async ({ till, page }) => {
  await till.signIn();
  await till.scan(demo.clients[1].phone);
  await page.getByLabel("Сумма чека").fill("40");
  const before = await till.balance(demo.clients[1].phone);
  await page.getByRole("button", { name: "Провести продажу" }).dblclick();
  await till.heading("Продажа прошла");
  expect(await till.balance(demo.clients[1].phone)).toBeCloseTo(before + 2, 2);
});

test("more than allowed is brought down to the maximum, below the minimum nothing is sold", async ({ till, page }) => {
  await till.signIn();
  await till.scan(parviz);
  await page.getByLabel("Сумма чека").fill("100");
  await page.getByLabel("Списать бонусы").fill("9999");
  await expect(page.locator(".figures")).toContainText("−30,00");
  await page.getByLabel("Сумма чека").fill("9");
  await expect(page.getByText("Бонусная программа действует при чеке от")).toBeVisible();
  await expect(page.getByRole("button", { name: "Провести продажу" })).toBeDisabled();
  await page.getByLabel("Сумма чека").fill("999999999,99");
  await till.looksRight("large");
});

test("the words change to Tajik and English", async ({ till, page }) => {
  await till.signIn();
  await page.getByRole("button", { name: "tg", exact: true }).click();
  await till.heading("Ҷустуҷӯи мизоҷ");
  await expect(page.locator("html")).toHaveAttribute("lang", "tg");
  await page.getByRole("button", { name: "en", exact: true }).click();
  await till.heading("Find a client");
  await page.reload();
  await till.heading("Find a client");
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the page says what is loading and what to do", async ({ page }) => {
    const answer = await page.goto("/cash");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Загружаем кассу…");
    // The browser under test keeps <noscript> hidden even with its scripts off, so what it was sent is looked at.
    expect(await answer?.text()).toMatch(/<noscript>.*Включите его в настройках браузера.*<\/noscript>/s);
  });
});

test("an unknown page is found out kindly", async ({ till, page }) => {
  const answer = await page.goto("/nothing");
  expect(answer?.status()).toBe(404);
  await till.heading("Страница не найдена");
  await till.looksRight("not-found");
  await page.goto("/");
  await till.looksRight("home");
});

test("script and wasm are fetched once, as they were announced", async ({ till, page }) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
  await page.goto("/cash");
  await till.heading("Вход в кассу");
  for (const file of ["/pkg/bonex.js", "/pkg/bonex.wasm"])
    expect(fetched.filter((path) => path === file), file).toHaveLength(1);
  const announced = await page.locator("link[rel=preload], link[rel=modulepreload]").evaluateAll((links) =>
    links.map((link) => [link.getAttribute("crossorigin"), (link as HTMLLinkElement).nonce !== ""]),
  );
  expect(announced).toEqual([
    ["anonymous", true],
    ["anonymous", true],
  ]);
});
