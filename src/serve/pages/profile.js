// Keeps the weight of an interest once its slider was moved, and shows what is then due to each. Without this script a
// button does the same.
{
  const said = (text) => { document.getElementById("said").textContent = text; };
  const NAMED = { 0: "muted", 0.5: "half", 1: "as its papers ask", 2: "twice" };
  const inWords = (weight) => NAMED[Number(weight)] || `${Number(weight)} times`;

  const tell = (slider) => {
    const words = inWords(slider.value);
    slider.setAttribute("aria-valuetext", words);
    slider.form.querySelector("output").textContent = words;
  };

  const show = ({ interests }) => {
    for (const { interest, share, length } of interests) {
      const place = document.querySelector(`[data-interest="${interest}"]`);
      if (!place) continue;
      place.querySelector("[data-share]").textContent = `${share} %`;
      place.querySelector("meter").value = length;
    }
  };

  // One after the other, so that the last one stays.
  let last = Promise.resolve();
  const keep = (slider) => {
    const form = slider.form, fields = new URLSearchParams(new FormData(form));
    last = last.then(async () => {
      try {
        const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "application/json" } });
        const told = await answer.json();
        if (!answer.ok) throw new Error(told.detail || answer.statusText);
        show(told);
        const share = slider.closest("[data-interest]").querySelector("[data-share]").textContent;
        said(`Kept: ${inWords(fields.get("weight"))}, ${share} of the answers`);
      } catch (problem) {
        said(`That did not work: ${problem.message}`);
      }
    });
  };

  document.body.classList.add("saves");
  for (const slider of document.querySelectorAll(".weigh input[type=range]")) {
    slider.addEventListener("input", () => tell(slider));
    slider.addEventListener("change", () => keep(slider));
  }
}
