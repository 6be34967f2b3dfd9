# frozen_string_literal: true

# What a process finds in its environment, and so in processes of their own.
RSpec.describe LlmRouter, "and the environment's certificates and proxy", :slow do
  include_context "with servers that speak TLS"
  let(:server) { serving(Support::TlsServer.new(ours.context)) }

  let(:script) do
    <<~RUBY
      require "llm_router"
      LlmRouter.configure do |config|
        config.base_url, config.api_key = ARGV
        config.ca_file = ARGV[2]
        config.logger = Logger.new($stdout)
        config.same_vendor = :allow
        config.chain :default, %w[a/b]
      end
      router = LlmRouter.new(budget: LlmRouter::Unlimited)
      begin
        print router.call(messages: [{ role: "user", content: "Hi" }]).content
      rescue LlmRouter::Error => e
        print e.full_message, e.inspect, e.hops.inspect, router.inspect, LlmRouter.config.inspect
      end
    RUBY
  end

  # What a fresh process says after a call to that server, in this environment.
  def printed(env, server, ca_file: nil, wrapper: [])
    none = %w[SSL_CERT_FILE SSL_CERT_DIR HTTPS_PROXY https_proxy NO_PROXY no_proxy].to_h { |name| [name, nil] }
    lib = File.expand_path("../../lib", __dir__)
    command = [*wrapper, RbConfig.ruby, "-I", lib, "-e", script, server.base_url, "sk-key", *ca_file]
    IO.popen([none.merge(env), *command], err: %i[child out], &:read)
  end

  it "trusts the authorities of SSL_CERT_FILE, or of SSL_CERT_DIR, instead of the system's" do
    expect(printed({ "SSL_CERT_FILE" => ours.file }, server)).to end_with("Hello")
    expect(printed({ "SSL_CERT_DIR" => File.dirname(ours.file) }, server)).to end_with("Hello")
    expect(printed({ "SSL_CERT_FILE" => theirs.file }, server))
      .to include("SSL_CERT_FILE is #{theirs.file}, which is trusted instead of the system's, and lacks it")
    expect(printed({ "SSL_CERT_FILE" => "/nowhere.pem" }, server))
      .to include("not trusted here: SSL_CERT_FILE is /nowhere.pem, where no certificate can be read")
  end

  it "prefers config.ca_file to SSL_CERT_FILE" do
    expect(printed({ "SSL_CERT_FILE" => theirs.file }, server, ca_file: ours.file)).to end_with("Hello")
    expect(printed({ "SSL_CERT_FILE" => ours.file }, server, ca_file: theirs.file))
      .to include("config.ca_file (#{theirs.file})")
  end

  it "says what to do about an authority that the system does not know" do
    expect(printed({}, server)).to include("if it is your own, name its certificate in config.ca_file or SSL_CERT_FILE")
      .or include("no certificates of authorities at all")
  end

  it "says what to install on a machine without any certificates" do
    hidden = %w[/etc/ssl /etc/pki /usr/local/ssl /usr/share/ssl /usr/lib/ssl].select { |path| File.directory?(path) }
    hide = hidden.map { |path| "mount -t tmpfs none #{path}" }.join(" && ")
    bare = ["unshare", "--mount", "sh", "-c", "#{hide} && exec \"$@\"", "-"]
    skip "needs root and unshare, to hide the machine's certificates" unless system(*bare, "true", err: File::NULL)

    expect(printed({}, server, wrapper: bare))
      .to include("this machine has no certificates of authorities at all: install its package ca-certificates")
  end

  %w[HTTPS_PROXY https_proxy].each do |variable|
    it "goes through the proxy of #{variable}, which does not get to see the key" do
      proxy = serving(Support::ProxyServer.new)
      env = { variable => "http://me:s3cret@127.0.0.1:#{proxy.port}", "SSL_CERT_FILE" => ours.file }
      expect(printed(env, server)).to end_with("Hello")
      seen = proxy.seen.join
      expect(seen).to start_with("CONNECT localhost:#{server.port} HTTP/1.1\r\nHost: localhost:#{server.port}\r\n")
      expect(seen).to match(/^proxy-authorization: Basic #{['me:s3cret'].pack('m0')}\r$/i)
      expect(seen).not_to match(%r{sk-key|Bearer|a/b}n)
      expect(server.requests.pop).to match(/^authorization: Bearer sk-key\r$/i).and match(/\A(?!.*s3cret|.*proxy-)/mi)
    end
  end

  %w[NO_PROXY no_proxy].each do |variable|
    it "calls the hosts of #{variable} without the proxy" do
      proxy = serving(Support::ProxyServer.new)
      env = { "HTTPS_PROXY" => "http://127.0.0.1:#{proxy.port}", variable => "localhost", "SSL_CERT_FILE" => ours.file }
      expect(printed(env, server)).to end_with("Hello")
      expect(proxy.seen).to be_empty
    end
  end

  it "names a proxy that refuses, and keeps its password out of everything" do
    { "407 Proxy Authentication Required" => "wants a name and a password (407): put them into HTTPS_PROXY",
      "403 Forbidden" => "refused to connect to localhost: allow it there" }.each do |status, words|
      proxy = serving(Support::ProxyServer.new(status: status))
      output = printed({ "HTTPS_PROXY" => "http://me:s3cret@127.0.0.1:#{proxy.port}" }, server)
      expect(output).to include("the proxy 127.0.0.1:#{proxy.port} #{words}").and include("WARN").or include("ERROR")
      expect(output).not_to match(/s3cret|#{['me:s3cret'].pack('m0')}/)
    end
  end

  it "refuses a proxy that it cannot use, rather than go without" do
    ["socks5://me:s3cret@127.0.0.1:1080", "http://me:s3cret@", "ftp://127.0.0.1"].each do |address|
      output = printed({ "HTTPS_PROXY" => address, "SSL_CERT_FILE" => ours.file }, server)
      expect(output).to include("ConfigurationError").and include("HTTPS_PROXY is ")
      expect(output).not_to include("s3cret")
    end
  end
end
