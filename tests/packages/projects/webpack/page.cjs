require("node:fs").writeFileSync("dist/index.html", "<!DOCTYPE html><link rel=icon href=data:,><script src=main.js></script>");
