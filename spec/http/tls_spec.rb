# frozen_string_literal: true

require "pathname"

RSpec.describe LlmRouter, "and TLS" do
  include_context "with servers that speak TLS"

  def server(authority = ours, **certificate)
    serving(Support::TlsServer.new(authority.context(**certificate)))
  end

  def file(content)
    File.join(@directory, "file.pem").tap { |path| File.write(path, content) }
  end

  # A router that asks one model, of that server.
  def router_to(server, **settings)
    configure(base_url: server.base_url, same_vendor: :allow, **settings) { |config| config.chain :one, %w[a/b] }
    described_class.new(chain: :one, budget: budget)
  end

  def refusal_by(router)
    failure_of { router.call(messages: Support::MESSAGES) }.tap do |error|
      expect(reasons(error.hops)).to eq([:connection])
    end
  end

  it "trusts the authorities of config.ca_file" do
    server = server()
    [ours.file, Pathname(ours.file), file(File.read(theirs.file) + File.read(ours.file))].each do |path|
      expect(router_to(server, ca_file: path).call(messages: Support::MESSAGES).content).to eq("Hello")
      expect(described_class.config.ca_file).to eq(path.to_s)
    end
  end

  it "trusts them instead of the system's, and says so where they do not do" do
    error = refusal_by(router_to(server, ca_file: theirs.file))
    words = "the certificate of localhost is signed by an authority that is not trusted here: config.ca_file " \
            "(#{theirs.file}), which is trusted instead of the system's, lacks it"
    expect(error.hops.first.message).to eq(words)
    expect(log).to include(words)
    expect(described_class.config.ca_file).to eq(theirs.file)
  end

  it "leaves a router the trust that it was made with, and the file that was read then" do
    server = server()
    before = router_to(server, ca_file: ours.file)
    before.call(messages: Support::MESSAGES)
    File.delete(ours.file)
    after = router_to(server, ca_file: theirs.file)
    expect(before.call(messages: Support::MESSAGES).content).to eq("Hello")
    refusal_by(after)
    refusal_by(router_to(server, ca_file: nil))
    expect(described_class.config.ca_file).to be_nil
  end

  {
    "is not there" => ["/nowhere/ca.pem", %r{\Aca_file /nowhere/ca.pem cannot be read: No such file}],
    "is a directory" => ["/", %r{\Aca_file / cannot be read: Is a directory}],
    "is no path" => [5, /\Aca_file is a Integer: give a String/]
  }.each do |what, (path, message)|
    it "refuses a ca_file that #{what}, when it is configured" do
      expect { configure(ca_file: path) }.to raise_error(described_class::ConfigurationError, message)
    end
  end

  it "refuses a ca_file that holds no certificate, and does not show what it holds" do
    key = OpenSSL::PKey::EC.generate("prime256v1").to_pem
    [key, "", "sk-secret"].each do |content|
      expect { configure(ca_file: file(content)) }
        .to raise_error(described_class::ConfigurationError, /file.pem holds no certificate: it must hold/) { |error|
          expect(error.message).not_to include(content.lines[1] || "sk-secret")
        }
    end
  end

  {
    "for another host" => [{ names: "DNS:other.example" }, /is not for this host name but for other.example/],
    "that has expired" => [{ from: Time.utc(2019), to: Time.utc(2020, 2, 29) },
                           /has expired Sat, 29 Feb 2020 00:00:00 GMT: /],
    "of the future" => [{ from: Time.utc(2999), to: Time.utc(3000) }, /is not valid yet.*is this machine's clock right/]
  }.each do |what, (certificate, message)|
    it "refuses a certificate #{what}, says so, and sends nothing" do
      server = server(**certificate)
      error = refusal_by(router_to(server, ca_file: ours.file))
      expect(error.hops.first.message).to match(/\Athe certificate of localhost #{message}/)
      expect(server.requests).to be_empty
    end
  end
end
