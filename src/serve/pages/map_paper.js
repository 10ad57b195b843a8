// The panel of a chosen paper: what the server knows beyond the map (abstract, related papers), and what the reader
// says of it. Asked for when the panel opens: for all papers it would be more than the map itself.

const paperDetails = ({ model, map, say }) => {
  const { papers } = model, { profile, carry, writes } = byId("data").dataset;
  const query = (more) => new URLSearchParams({ profile, ...more });
  const section = (title, ...children) => element("section", {}, element("h3", {}, title), ...children);

  // A related paper leads to its place, or to its page where it has none.
  const related = ({ id, title, authors, date }) => {
    const i = model.indexOf(id);
    if (i >= 0) return element("li", {}, paperItem(model, map, i));
    return element("li", {}, element("a", { class: "paper", href: `/papers/${encodeURI(id)}${carry}` },
      element("span", { class: "title", dir: "auto" }, title || id),
      element("span", { class: "by" }, element("bdi", {}, shortAuthors(authors.join(", "), 3)), " · ", element("time", {}, date), " · not on the map")));
  };

  const ACTS = [["like", "rate", "liked", "Like", "forget"], ["unlike", "rate", "unliked", "Unlike", "forget"], ["read", "read", "read", "Read", "unread"]];
  const SAID = { like: "Liked", unlike: "Unliked", forget: "Taken back", read: "Read", unread: "Not read" };
  const acts = (i, said) => {
    const id = papers.id[i], status = element("p", { class: "note said" });
    const send = async (form, fields) => {
      const answer = await fetch(`/forms/${form}`, { method: "POST", body: query({ paper: id, ...fields }), headers: { Accept: "application/json" } });
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.detail || answer.statusText);
      return told;
    };
    const tell = (text) => { say(text); status.textContent = text; };
    const doing = async (act) => { try { await act(); } catch (problem) { tell(`That did not work: ${problem.message}`); } };
    const buttons = ACTS.map(([act, form, key, name, back]) => {
      const made = element("button", { type: "button", class: "toggle", "data-act": act, "aria-pressed": "false" }, name);
      made.addEventListener("click", () => doing(async () => {
        const wanted = made.getAttribute("aria-pressed") === "true" ? back : act;
        show(await send(form, { do: wanted }));
        tell(SAID[wanted]);
      }));
      return [key, made];
    });
    const note = element("textarea", { id: "paper-note", rows: "3", maxlength: "10000", "aria-label": "Note" });
    const fold = element("details", { class: "write" }, element("summary", {}, "Note"), note, element("button", { type: "button", class: "toggle", onclick: () => doing(async () => {
      show(await send("note", { note: note.value }));
      fold.open = false;
      tell("Note kept");
    }) }, "Keep the note"));
    const own = element("p", { class: "note", hidden: true });
    const show = (now) => {
      for (const [key, made] of buttons) made.setAttribute("aria-pressed", String(now[key]));
      note.value = now.note;
      own.replaceChildren(element("b", {}, "Note "), element("bdi", {}, now.note));
      own.hidden = !now.note;
      change({ rated: {} });
    };
    show(said);
    return [own, element("div", { class: "acts" }, ...buttons.map(([, made]) => made), fold), status];
  };

  const fill = async (i, holder) => {
    const answer = await fetch(`/map/papers/${encodeURI(papers.id[i])}?${query()}`);
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail || answer.statusText);
    const { abstract, said, near } = told;
    // The ones on the map are marked there.
    papers.related ??= [];
    papers.related[i] = near.map(({ id }) => model.indexOf(id)).filter((other) => other >= 0);
    if (!holder.isConnected) return;
    map.wake();
    holder.replaceChildren(...[
      ...(writes === undefined ? [] : acts(i, said)),
      abstract ? section("Abstract", element("p", { class: "abstract", dir: "auto" }, abstract)) : "",
      near.length ? section("Related papers", element("ul", { class: "results" }, ...near.map(related))) : "",
      element("p", { class: "whole-page" }, element("a", { href: `/papers/${encodeURI(papers.id[i])}${carry}` }, "All of this paper")),
    ].filter(Boolean));
  };

  // Keys for the open paper, as on the other pages.
  const KEYS = { l: "like", u: "unlike", r: "read" };
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "radio";
    if (typing || event.ctrlKey || event.metaKey || event.altKey || state.paper < 0) return;
    const panel = byId("panel"), act = KEYS[event.key] && panel.querySelector(`[data-act=${KEYS[event.key]}]`);
    if (act) act.click();
    else if (event.key === "n" && panel.querySelector(".write")) { panel.querySelector(".write").open = true; byId("paper-note").focus(); event.preventDefault(); }
  });

  return (i) => {
    const holder = element("div", { class: "detail", "aria-live": "off" }, element("p", { class: "quiet" }, "…"));
    fill(i, holder).catch((problem) => { holder.replaceChildren(element("p", { class: "note" }, `The server does not answer: ${problem.message}`)); });
    return holder;
  };
};
