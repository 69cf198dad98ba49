/**
 * Ends this process, as SIGTERM would, once whoever started it is gone: npm passes a signal on to its shell only, and
 * the shell ends without a word. Whatever ran would hold its ports for ever.
 */
export function endWithParent(every = 500) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, every);
  timer.unref();
}
