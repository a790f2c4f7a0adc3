// Ends the program with one sentence if this Node.js is older than the one that the scripts are written for.
const OLDEST = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  console.error(
    `This needs Node.js ${OLDEST} or newer, and this is ${process.version}. ` +
      "Run it by npm (`npm start`): the project brings its own Node.js.",
  );
  process.exit(1);
}
