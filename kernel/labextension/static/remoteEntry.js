// What JupyterLab loads first: a module federation container, written by hand, so that the
// extension needs no build. Its contract: webpack's "dynamic remote containers".
(() => {
  const here = document.currentScript.src;
  let shared;

  // A module that JupyterLab itself has loaded, whatever its version.
  async function module(name) {
    const [entry] = Object.values(shared[name]);
    return (await entry.get())();
  }

  const container = {
    init(scope) {
      shared = scope;
    },
    async get() {
      const [{ plugin }, rendermime, notebook, widgets] = await Promise.all([
        import(new URL('plugin.js', here)),
        module('@jupyterlab/rendermime'),
        module('@jupyterlab/notebook'),
        module('@lumino/widgets'),
      ]);
      const extension = plugin(rendermime.IRenderMimeRegistry, notebook.INotebookTracker, widgets);
      return () => ({ __esModule: true, default: extension });
    },
  };
  (window._JUPYTERLAB ??= {}).fearless = container;
})();
