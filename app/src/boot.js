(async (script, wasm) => {
  // What is read first is shown first: the page is whole before any of this.
  await new Promise((resolve) => ("requestIdleCallback" in window ? requestIdleCallback(resolve) : resolve()));
  const app = await import(script);
  await app.default({ module_or_path: wasm });
  app.hydrate();
  // Islands in the order of the page. What is inside an island's children belongs to the page around it.
  const around = [];
  const walk = async (node) => {
    const kind = node.localName;
    if (kind === "leptos-island") {
      const hydrate = app[node.dataset.component];
      if (!hydrate) return console.warn(`the island ${node.dataset.component} is not in the wasm`);
      around.at(-1)?.();
      await hydrate(node);
    }
    if (kind === "leptos-children") around.push(node.$$on_hydrate);
    for (const child of node.children) await walk(child);
    if (kind === "leptos-children") around.pop();
  };
  await walk(document.body);
})
