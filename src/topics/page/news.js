// What has happened since the last time: the list of the plain page, whose links lead to topics and papers on the map.

const newsList = (model) => {
  const told = byId("news"), root = byId("changes");
  if (!told || !root) return;
  const list = told.cloneNode(true);
  list.removeAttribute("id");
  root.append(list);
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    const { topic, paper } = link.dataset, i = paper ? model.indexOf(paper) : -1;
    const level = topic ? model.levels.findIndex(({ topics }) => topics.some(({ id }) => id === topic)) : -1;
    if (i < 0 && level < 0) return;
    event.preventDefault();
    if (i >= 0) openPaper(model, i);
    else openTopic(model, [level, model.levels[level].topics.findIndex(({ id }) => id === topic)]);
  });
};
