# frozen_string_literal: true

require "openssl"
require "socket"
require "tmpdir"

module Support
  # A certificate authority of the specs' own.
  class Authority
    YEAR = 365 * 24 * 60 * 60
    private_constant :YEAR

    # @return [String] the file of its certificate
    attr_reader :file

    def initialize(directory, name)
      @key = OpenSSL::PKey::EC.generate("prime256v1")
      @certificate = certificate("/CN=#{name}", @key, [%w[basicConstraints CA:TRUE], %w[keyUsage keyCertSign]])
      @file = File.join(directory, "#{name}.pem")
      File.write(@file, @certificate.to_pem)
    end

    # What a server needs to show a certificate.
    def context(names: "DNS:localhost", from: Time.now - YEAR, to: Time.now + YEAR)
      key = OpenSSL::PKey::EC.generate("prime256v1")
      shown = certificate("/CN=server", key, [["subjectAltName", names]], from: from, to: to)
      OpenSSL::SSL::SSLContext.new.tap { |context| context.add_certificate(shown, key) }
    end

    private

    def certificate(subject, key, extensions, from: Time.now - YEAR, to: Time.now + YEAR)
      certificate = OpenSSL::X509::Certificate.new
      certificate.version = 2
      certificate.serial = rand(1 << 64)
      certificate.subject = OpenSSL::X509::Name.parse(subject)
      certificate.issuer = @certificate ? @certificate.subject : certificate.subject
      certificate.public_key = key
      certificate.not_before = from
      certificate.not_after = to
      factory = OpenSSL::X509::ExtensionFactory.new(@certificate || certificate, certificate)
      extensions.each { |name, value| certificate.add_extension(factory.create_extension(name, value)) }
      certificate.sign(@key, "SHA256")
    end
  end

  # A gateway that speaks TLS, and answers "Hello" to every request.
  class TlsServer
    ANSWER = '{"id":"gen-1","model":"m","choices":[{"message":{"content":"Hello"}}],"usage":{"cost":0}}'

    attr_reader :requests

    def initialize(context)
      @listener = TCPServer.new("127.0.0.1", 0)
      @context = context
      @requests = Queue.new
      @thread = Thread.new { loop { Thread.new(@listener.accept) { |socket| serve(socket) } } }
    end

    def port
      @listener.addr[1]
    end

    def base_url
      "https://localhost:#{port}/api/v1"
    end

    def stop
      @thread.kill.join
      @listener.close
    end

    private

    def serve(socket)
      tls = OpenSSL::SSL::SSLSocket.new(socket, @context)
      tls.sync_close = true
      tls.accept
      while (head = tls.gets("\r\n\r\n"))
        tls.read(head[/content-length: (\d+)/i, 1].to_i)
        @requests << head
        tls.write("HTTP/1.1 200 OK\r\nContent-Length: #{ANSWER.bytesize}\r\n\r\n#{ANSWER}")
      end
    rescue OpenSSL::SSL::SSLError, SystemCallError
      nil # The client does not like the certificate, or is gone.
    ensure
      socket.close
    end
  end

  # A proxy that records what its clients sent.
  class ProxyServer
    def initialize(status: "200 OK")
      @listener = TCPServer.new("127.0.0.1", 0)
      @status = status
      @seen = Queue.new
      @thread = Thread.new { loop { Thread.new(@listener.accept) { |client| serve(client) } } }
    end

    def port
      @listener.addr[1]
    end

    # @return [Array<String>] what came from its clients
    def seen
      Array.new(@seen.size) { @seen.pop }
    end

    def stop
      @thread.kill.join
      @listener.close
    end

    private

    def serve(client)
      head = client.gets("\r\n\r\n")
      @seen << head
      client.write("HTTP/1.1 #{@status}\r\nContent-Length: 0\r\n\r\n")
      carry(client, TCPSocket.new(*head[/CONNECT (\S+)/, 1].split(":"))) if @status.start_with?("200")
    rescue SystemCallError, IOError
      nil # The client is gone.
    ensure
      client.close
    end

    def carry(client, server)
      back = Thread.new { IO.copy_stream(server, client) }
      back.report_on_exception = false
      while (bytes = client.readpartial(4096))
        @seen << bytes
        server.write(bytes)
      end
    ensure
      back&.kill
      server.close
    end
  end
end

# Servers that end with the example, and two authorities that know nothing of each other.
RSpec.shared_context "with servers that speak TLS" do
  around do |example|
    Dir.mktmpdir do |directory|
      @directory = directory
      example.run
    ensure
      @servers&.each(&:stop)
    end
  end

  let(:ours) { Support::Authority.new(@directory, "ours") }
  let(:theirs) { Support::Authority.new(@directory, "theirs") }

  def serving(server)
    (@servers ||= []) << server
    server
  end
end
