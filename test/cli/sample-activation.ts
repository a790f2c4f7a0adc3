/** What a hive keeps of its activation at the catalog on `url`. */
export const sampleActivation = (url: string) => ({
  url,
  license_key: "rbee_lic_X",
  license_id: "lic_x",
  machine_id: "mach_x",
  fingerprint: "f",
  token: "t",
  token_expires_at: "2026-11-24T12:00:00Z",
});
