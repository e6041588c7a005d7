// Replaces the middle of the page every two seconds, and says so if the daemon does not answer.
"use strict";
const main = document.querySelector("main");
const live = document.getElementById("live");
async function look() {
    try {
        const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(5000) });
        if (!answer.ok) throw new Error(await answer.text());
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        main.replaceChildren(...page.querySelector("main").childNodes);
        live.textContent = page.getElementById("live").textContent;
        document.title = page.title;
        document.body.classList.remove("stale");
    } catch (error) {
        if (!document.body.classList.contains("stale")) live.textContent += "; no answer since";
        document.body.classList.add("stale");
    }
    setTimeout(look, 2000);
}
setTimeout(look, 2000);
