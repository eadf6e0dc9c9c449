// StrictMode mounts twice in React's development build only.
export default { define: { "process.env.NODE_ENV": '"development"' }, build: { minify: false } };
