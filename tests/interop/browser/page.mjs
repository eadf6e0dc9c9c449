// The chat's page, by the ids that it shows.
import assert from "node:assert/strict";

const WITHIN = 15_000;

export class ChatPage {
  static async join(browser, url, name) {
    // A context each: two people, not two tabs of one.
    const context = await browser.createBrowserContext();
    const chat = new ChatPage();
    chat.page = await context.newPage();
    chat.errors = [];
    chat.page.on("pageerror", (error) => chat.errors.push(String(error)));
    await chat.page.goto(`${url}/chat/`);
    await chat.page.waitForSelector("#name", { visible: true, timeout: WITHIN });
    await chat.page.type("#name", name);
    await chat.page.click("#join");
    await chat.page.waitForSelector("#composer", { visible: true, timeout: WITHIN });
    await chat.online();
    return chat;
  }

  async online() {
    await this.page.waitForFunction(() => document.querySelector("#status").dataset.state === "online", { timeout: WITHIN });
  }

  async offline() {
    await this.page.waitForFunction(() => document.querySelector("#status").dataset.state !== "online", { timeout: WITHIN });
  }

  async write(text) {
    await this.page.focus("#composer");
    await this.page.keyboard.type(text);
  }

  async say(text) {
    await this.write(text);
    await this.page.keyboard.press("Enter");
  }

  draft() {
    return this.page.$eval("#composer", (composer) => composer.value);
  }

  messages() {
    return this.page.$eval("#messages", (messages) => messages.textContent);
  }

  async hears(text) {
    await this.page
      .waitForFunction((wanted) => document.querySelector("#messages").textContent.includes(wanted), { timeout: WITHIN }, text)
      .catch(async () => assert.fail(`"${text}" was not heard; the page shows: ${await this.messages()}`));
  }

  /** How often the text stands in the log. */
  async count(text) {
    return (await this.messages()).split(text).length - 1;
  }
}
