// secretlint takes no rule by a path relative to its configuration, hence this is code.
module.exports = { rules: [{ id: require.resolve('./tokenward.mjs') }] };
