require "digest"
require "json"
require "securerandom"
require "tempfile"

# Downloads files that need a license of the rbee worker catalog. HOMEBREW_RBEE_LICENSE_TOKEN is a license token, or a
# license key, which takes a seat for this machine; HOMEBREW_RBEE_LICENSE_KEY means the same. HOMEBREW_RBEE_MACHINE sets
# another fingerprint.
class RbeeLicensedDownloadStrategy < CurlDownloadStrategy
  # Raised before anything is sent.
  class NothingSent < CurlDownloadStrategyError; end

  # Plain http is for this machine only, because others could read the license on its way.
  LOCAL_HTTP = %r{\Ahttp://(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?(?:/[^\s]*)?\z}
  private_constant :LOCAL_HTTP

  def fetch(timeout: nil)
    refuse("No license is sent to this address, because it is not encrypted.") unless encrypted_or_local?(url)
    # Begin each attempt at the catalog, because the link that Homebrew kept from the last attempt lives five minutes.
    @redirected = false
    @resolved_info_cache = nil
    super
  rescue NothingSent
    raise
  rescue CurlDownloadStrategyError => e
    raise CurlDownloadStrategyError.new(url, refusal || e.message)
  end

  # Use a file that only this user can read, because everybody on the machine can read a command line.
  def _curl_args
    safely = url.match?(LOCAL_HTTP) ? ["--proto", "=http,https", "--noproxy", "*"] : ["--proto", "=https"]
    return [*super, *safely] if @redirected || license.empty?

    [*super, *safely, "--header", "@#{header_file.path}"]
  end

  private

  # The signed address that the catalog redirects to needs no license, and no other host may see the license.
  def _fetch(url:, resolved_url:, timeout:)
    @redirected = url != resolved_url
    refuse("The catalog sent a link that is not encrypted.") unless encrypted_or_local?(resolved_url, from: url)
    super
  end

  def encrypted_or_local?(address, from: address)
    address.start_with?("https://") || [address, from].all? { |one| one.match?(LOCAL_HTTP) }
  end

  def refuse(reason)
    raise NothingSent.new(url, reason)
  end

  # The catalog's reason for a refusal, after the next step; nil if it does not refuse.
  def refusal
    @redirected = false
    answer = JSON.parse(curl_output(url).stdout)
    return unless answer.is_a?(Hash)

    page = answer["purchase_url"]
    [("Licenses: #{page}" if page), remedy(answer["code"]), answer["detail"]].compact.join("\n")
  rescue JSON::ParserError
    nil
  end

  def remedy(code)
    case code
    when "CREDENTIAL_REQUIRED"
      "Set HOMEBREW_RBEE_LICENSE_TOKEN to your license key or token, then try again."
    when /\A(?:KEY|TOKEN)_/
      "Set HOMEBREW_RBEE_LICENSE_TOKEN to the license key as the mail or the account page shows it."
    when "MACHINE_LIMIT_REACHED"
      "Free a seat: remove a machine at #{url[%r{\A\w+://[^/]+}]}/account."
    when "MACHINE_MISMATCH", "MACHINE_DEACTIVATED"
      "A token is for one machine. With the license key instead, this machine takes a seat of its own."
    end
  end

  # A copy may have gained blanks, line ends, quotes or a byte order mark, and a key hyphens. No license has them.
  def license
    names = ["HOMEBREW_RBEE_LICENSE_KEY", "HOMEBREW_RBEE_LICENSE_TOKEN"]
    text = names.map { |name| ENV.fetch(name, "") }.find { |value| value != "" }.to_s
    bare = text.b.delete("^!-~").delete("\"'`")
    bare.include?(".") ? bare : bare.delete("-")
  end

  def header_file
    @header_file ||= Tempfile.new("rbee").tap do |file|
      file.puts "Authorization: Bearer #{license}"
      file.puts "Rbee-Machine: #{machine}" if machine
      file.close
    end
  end

  # A token names its machine itself. With a key, this is the fingerprint of rbee-catalog and install.sh, so that
  # the machine takes one seat with all tools.
  def machine
    return ENV["HOMEBREW_RBEE_MACHINE"] if ENV["HOMEBREW_RBEE_MACHINE"]
    return unless license.downcase.start_with?("rbee_lic_")

    # The XDG specification ignores a relative folder.
    config = ENV.fetch("HOMEBREW_XDG_CONFIG_HOME", "")
    config = "#{Dir.home}/.config" unless config.start_with?("/")
    file = Pathname(config)/"rbee/machine-id"
    make_machine_id(file) unless file.exist?
    Digest::SHA256.hexdigest("rbee-hive:#{read_machine_id(file)}")
  end

  # Of several runs at once, one makes the file and all read it, because a link fails if its name exists.
  def make_machine_id(file)
    file.dirname.mkpath
    made = "#{file}.#{SecureRandom.hex(8)}"
    File.open(made, File::WRONLY | File::CREAT | File::EXCL, 0600) { |new| new.write("#{SecureRandom.hex(16)}\n") }
    File.link(made, file)
  rescue Errno::EEXIST
    nil
  ensure
    File.unlink(made) if made && File.exist?(made)
  end

  # Another tool may be writing the file. Any other text would be the id of every machine that has it.
  def read_machine_id(file)
    20.times do
      id = file.read.strip
      return id if id.match?(/\A[0-9a-f]{32}\z/)

      sleep 0.1
    end
    refuse("#{file} holds no machine id. Remove it, then try again.")
  end
end
