# frozen_string_literal: true

module Soak
  # What this process takes of the machine, as Linux reports it.
  module Vitals
    # Kinds of sockets, and which columns of their tables have the inode and the peer.
    SOCKETS = { "tcp" => [9, 2], "tcp6" => [9, 2], "unix" => [6, 7] }.freeze
    private_constant :SOCKETS

    module_function

    # @return [Integer] kB of memory of its own
    def memory
      File.read("/proc/self/status")[/^RssAnon:\s*(\d+)/, 1].to_i
    end

    # @return [Array<String>] what each file descriptor is of
    def descriptors
      targets = entries("fd") { |path| File.readlink(path) }
      peers = sockets
      targets.map { |target| peers.fetch(target[/\Asocket:\[(\d+)\]/, 1], target) }
    end

    # @return [Array<String>] the name of each thread
    def threads
      entries("task") { |path| File.read("#{path}/comm").chomp }
    end

    # Less what ends meanwhile, as does the descriptor that lists them.
    def entries(kind)
      Dir.glob("/proc/self/#{kind}/*").filter_map do |path|
        yield path
      rescue Errno::ENOENT, Errno::ESRCH
        nil
      end
    end

    # @return [Hash{String => String}] each socket's kind and peer, whose port is hexadecimal, by its inode
    def sockets
      SOCKETS.each_with_object({}) do |(kind, (inode, peer)), found|
        File.foreach("/proc/self/net/#{kind}") do |line|
          columns = line.split
          found[columns[inode]] = "#{kind} socket #{columns[peer]}".rstrip
        end
      rescue Errno::ENOENT
        # A machine without IPv6.
      end
    end
    private_class_method :entries, :sockets
  end
end
