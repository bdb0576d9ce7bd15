// node lint_openapi.mjs FILE: lints an OpenAPI description with Redocly's rules. Exits 1 on any problem.
import { formatProblems, createConfig, getTotals, lint } from "@redocly/openapi-core";

const config = await createConfig({ extends: ["recommended"] });
const problems = await lint({ ref: process.argv[2], config });
const totals = getTotals(problems);
formatProblems(problems, { format: "stylish", totals, version: "" });
process.exit(totals.errors + totals.warnings > 0 ? 1 : 0);
