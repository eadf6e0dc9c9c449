import { writeFileSync } from "node:fs";
import { page, PAGE } from "./page.mjs";

writeFileSync(PAGE, page());
