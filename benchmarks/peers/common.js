// What every Node peer shares: the port from the command line, and a full collection on SIGUSR2.
exports.listening = (open) => {
  open(Number(process.argv[2]));
  process.on("SIGUSR2", () => global.gc && global.gc());
};
