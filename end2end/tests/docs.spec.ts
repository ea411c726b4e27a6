import { expect, looksRight, test } from "./shop";

test("the documentation is read without scripts, from nowhere else", async ({ page }, info) => {
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(info.project.use.baseURL!)) foreign.push(request.url());
  });
  await page.goto("/docs");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Справочник");
  await page.getByText("/partner/sale", { exact: true }).click();
  await expect(page.getByText("Ответ 201").locator("visible=true").first()).toBeVisible();
  await looksRight(page, `docs-${info.project.name}`);
  for (const [name, heading] of [
    ["Приложение клиента", "Приложение"],
    ["Сервер партнёра и вебхуки", "партнёр"],
    ["Остатки из 1С или ERP", "Остатки"],
    ["Касса", "касс"],
  ]) {
    await page.getByRole("link", { name, exact: true }).click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText(new RegExp(heading, "i"));
    await looksRight(page, `docs-${name}-${info.project.name}`);
  }
  expect(foreign).toEqual([]);
});
